r"""Which way to correct labels leaves the most right ones, finds the wrong ones, and knows it?

    python benchmarks/label_quality.py --embeddings FILE.npy --labels FILE.csv \
        --given COLUMN [--given COLUMN ...] --true COLUMN [--methods a,b] [--rows N]

FILE.npy holds one embedding for each row of FILE.csv, in its order; they are taken at length 1.
Rows whose given label is empty are left out. Every method runs in a process of its own, one
after another on the same cores; no one but the last figures reads the truth. labelfix also runs
as its users run it: index, train and relabel through the command line. A method that fails is
named beside the tables and in the results, and the exit code is 1. `--rows` takes a sample. The
extra `bench` has what the peers need.
"""

import argparse
import csv
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from labelfix_commands import through_commands
from measuring import RESULTS, run_command, save
from peers import METHODS
from quality_figures import Bin, calibration_error, ranking, reliability, shares
from quality_tables import print_tables
from reliability import STYLES, draw

PEERS = Path(__file__).parent / "peers.py"
EXTRA = ("cleanlab", "datasets", "matplotlib", "sklearn")
BLOCK_ROWS = 4096

Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Labels:
    """The labels of N rows: which of the file's rows they are, and places in `classes`.

    A true label that nobody was given has place -1.
    """

    file_rows: int
    rows: npt.NDArray[np.int64]
    classes: list[str]
    given: Classes
    true: Classes


def read_labels(path: Path, given: str, true: str, most: int | None) -> Labels:
    """The labels of the rows that have a given one, or of a sample of them."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        for column in (given, true):
            if column not in (reader.fieldnames or ()):
                raise SystemExit(f"{path}: expected a column {column!r}, found {reader.fieldnames}")
        pairs = [(row[given], row[true]) for row in reader]
    rows = np.array([row for row, pair in enumerate(pairs) if pair[0]])
    if most is not None and most < len(rows):
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    classes = sorted({pairs[row][0] for row in rows})
    if len(classes) < 2:
        raise SystemExit(f"{path}: expected 2 classes or more in {given!r}, found {classes}")
    place = {name: number for number, name in enumerate(classes)}
    untold = [row for row in rows if not pairs[row][1]]
    if untold:
        raise SystemExit(f"{path}: expected a {true!r} in row {untold[0] + 2}, found none")
    return Labels(
        len(pairs),
        rows,
        classes,
        np.array([place[pairs[row][0]] for row in rows]),
        np.array([place.get(pairs[row][1], -1) for row in rows]),
    )


def write_unit_length(source: Path, labels: Labels, target: Path) -> None:
    """Write the rows' embeddings as float32 of length 1.

    In blocks: a process counts its parent's memory as its own peak until it is loaded, so that
    this one has to stay small.
    """
    vectors = np.load(source, mmap_mode="r")
    if vectors.ndim != 2 or len(vectors) != labels.file_rows:
        expected = f"expected shape ({labels.file_rows}, D), a row for each of the labels"
        raise SystemExit(f"{source}: {expected}, found {vectors.shape}")
    rows = labels.rows
    with target.open("wb") as file:
        shape = (len(rows), vectors.shape[1])
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), BLOCK_ROWS):
            block = vectors[rows[start : start + BLOCK_ROWS]].astype(np.float32)
            lengths = np.linalg.norm(block, axis=1, keepdims=True)
            if not (np.isfinite(lengths) & (lengths > 0)).all():
                raise SystemExit(f"{source}: expected finite rows that are not all zeros")
            file.write((block / lengths).tobytes())


def measure(method: str, folder: Path, labels: Labels) -> tuple[dict[str, object], list[Bin]]:
    """Run one method as a process, and hold its outcome against the truth."""
    run = run_command([sys.executable, str(PEERS), method, str(folder)])
    with np.load(folder / f"{method}.npz") as outcome:
        after, suspicion, confidence = (
            outcome[name] for name in ("labels", "suspicion", "confidence")
        )
        seconds = float(outcome["seconds"])
    ranked = ranking(labels.given != labels.true, suspicion)
    bins = reliability(after == labels.true, confidence)
    figures = {
        **asdict(shares(labels.given, after, labels.true)),
        "auroc": ranked and ranked.auroc,
        "average_precision": ranked and ranked.average_precision,
        "calibration_error": calibration_error(bins),
        "seconds": seconds,
        "process_seconds": run.seconds,
        "peak_mib": run.peak_mib,
        "reliability": [asdict(each) for each in bins],
    }
    return figures, bins


@contextmanager
def noted(failed: dict[str, str], column: str, doing: str) -> Iterator[None]:
    """Say what is measured now; a process that fails is noted, and the next has its turn."""
    print(f"{column}: {doing}", file=sys.stderr)
    try:
        yield
    except SystemExit as error:  # of run_command, with what the process said
        print(error, file=sys.stderr)
        failed[doing] = str(error).strip().splitlines()[-1]


def measure_column(
    column: str, options: argparse.Namespace
) -> tuple[dict[str, object], dict[str, list[Bin]]]:
    """All methods on one column of given labels, and the bins that the diagram shows."""
    labels = read_labels(options.labels, column, options.true, options.rows)
    methods: dict[str, dict[str, object]] = {}
    bins: dict[str, list[Bin]] = {}
    failed: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_unit_length(options.embeddings, labels, folder / "embeddings.npy")
        np.save(folder / "given.npy", labels.given)
        for method in options.methods:
            with noted(failed, column, method):
                methods[method], bins[method] = measure(method, folder, labels)
        result: dict[str, object] = {
            "given": column,
            "rows": len(labels.rows),
            "classes": len(labels.classes),
            "methods": methods,
            "failed": failed,
        }
        if "labelfix" in options.methods:
            with noted(failed, column, "labelfix through the command line"):
                commands = through_commands(folder, labels.classes, labels.given, labels.true)
                if "cleanlab" in methods:
                    commands["times_cleanlab"] = compared(commands, methods["cleanlab"])
                result["labelfix_commands"] = commands
    return result, {method: bins[method] for method in STYLES if bins.get(method)}


def compared(commands: dict[str, object], peer: dict[str, object]) -> dict[str, float]:
    """How many times the peer's seconds (with and without its imports) and memory ours are."""
    return {
        "seconds": commands["seconds"] / peer["seconds"],
        "process_seconds": commands["seconds"] / peer["process_seconds"],
        "peak_mib": commands["peak_mib"] / peer["peak_mib"],
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--embeddings", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--given", action="append", required=True)
    parser.add_argument("--true", required=True)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    options.methods = options.methods.split(",")
    unknown = [name for name in options.methods if name not in METHODS]
    if unknown:
        parser.error(f"--methods: expected some of {', '.join(METHODS)}, found {unknown}")
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"expected {', '.join(missing)}; run: pip install 'labelfix[bench]'")
    return options


def main() -> None:
    options = parse()
    measured = [measure_column(column, options) for column in options.given]
    runs = [result for result, _ in measured]
    save("label_quality", {"embeddings": options.embeddings.name, "runs": rounded(runs)})
    panels = {str(result["given"]): bins for result, bins in measured if bins}
    if panels:
        draw(RESULTS / "reliability.png", panels)
    print_tables(runs)
    if any(result["failed"] for result in runs):
        raise SystemExit(1)


def rounded(value: object) -> object:
    """Floats with 5 significant digits, at any depth."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
