"""What the stages have found, as one JSON file and as tables in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from cifar10_data import Column
from measuring import commit
from resumable import Workplace, this_machine, versions

from labelfix.data import records
from labelfix.runtime import atomic
from labelfix.version import __version__

METHODS = {
    "knn": "10-NN vote",
    "logistic_regression": "logistic regression",
    "cleanlab": "cleanlab",
    "lra": "LRA-diffusion",
    "lra-image": "LRA-diffusion, image branch",
    "noise-aware": "labelfix",
}
SHARES = {
    "test_accuracy": "test accuracy",
    "right_after": "training labels right after",
    "fixed": "fixed",
    "harmed": "harmed",
}
LIBRARIES = ("torch", "torchvision", "timm", "kornia", "numpy", "scikit-learn", "cleanlab")


def run_table(
    place: Workplace,
    columns: Sequence[Column],
    embeddings: Mapping[str, Any],
    inputs: Mapping[str, str],
    notes: Mapping[str, str],
) -> str:
    """Write `results/cifar10.json` and `results/cifar10.md`; gives back the latter.

    Args:
        place: of the benchmark.
        columns: of given labels.
        embeddings: what is known of them.
        inputs: their fingerprint; figures that come from other ones are left out.
        notes: why a method has not run.
    """
    found = {
        "machine": this_machine(),
        "commit": commit(),
        "versions": {"labelfix": __version__, **versions(LIBRARIES)},
        "embeddings": embeddings,
        "columns": {column.name: _of_column(place, column, inputs, notes) for column in columns},
    }
    text = as_markdown(found)
    atomic.write_json(place.results / "cifar10.json", found)
    atomic.write_text(place.results / "cifar10.md", text)
    return text


def _of_column(
    place: Workplace, column: Column, inputs: Mapping[str, str], notes: Mapping[str, str]
) -> dict[str, Any]:
    wanted = {**inputs, "labels": column.fingerprint}
    methods = {}
    for name in METHODS:
        stage = f"{name}.{column.name}"
        record = records.read_record(place.artefact(stage))
        if record and all(record.inputs.get(key) == value for key, value in wanted.items()):
            made = {"device": record.device, "commit": record.details.get("commit", "")}
            methods[name] = {**place.figures(stage), **made}
        else:
            methods[name] = {"not_run": notes.get(name, "")}
    return {
        "rows": len(column.rows),
        "test_images": len(column.test_true),
        "given_right": round(float(np.mean(column.given == column.true)), 4),
        "methods": methods,
    }


def as_markdown(found: Mapping[str, Any]) -> str:
    """Tables of shares in per cent and of seconds, one for each column of given labels."""
    lines = [f"Embeddings: {told(found['embeddings'])}.", ""]
    headings = ["method", *SHARES.values(), "seconds", "device"]
    for name, column in found["columns"].items():
        lines += [
            f"`{name}`, {column['rows']:,} training images, {column['test_images']:,} test images, "
            "in %:",
            "",
            _row(headings),
            "|" + "---|" * len(headings),
            _row(["given", "", _percent(column["given_right"]), "", "", "", ""]),
        ]
        for method, figures in column["methods"].items():
            if "not_run" in figures:
                reason = f"not run: {figures['not_run']}" if figures["not_run"] else "not run"
                lines.append(_row([METHODS[method], reason, "", "", "", "", ""]))
                continue
            cells = [_percent(figures[share]) for share in SHARES]
            cells += [f"{figures['seconds']:,.1f}", figures["device"]]
            lines.append(_row([METHODS[method], *cells]))
        lines.append("")
    return "\n".join(lines)


def told(figures: Mapping[str, Any]) -> str:
    """What is known of something, in a line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in figures.items()
        if isinstance(value, (str, int, float))
    )


def _row(cells: Sequence[str]) -> str:
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}"
