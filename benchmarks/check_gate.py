"""Does `labelfix check` find the wrong labels of a batch, and know how many there are?

    python benchmarks/check_gate.py sample
    python benchmarks/check_gate.py halves
    python benchmarks/check_gate.py batches --embeddings EMBEDDINGS.npy --labels LABELS.csv

`sample`: the sample data alone, with their wrong labels and with the truth as labels. `halves`:
one half of the sample digits with true labels is the reference, the other half the batch, with
10 % wrong labels, over 20 seeds; the halves are those in the files' order, whose writers differ,
and random ones. `batches`: the first 40,000 rows with one column of labels are the reference,
batches of 1,000 of the rest with another column, beside cleanlab on the same rows: by a logistic
regression that was fitted on the reference, and by one within the batch. Truth is read for the
figures alone.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measuring import labelfix, save
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from labelfix.check.finders.every import find
from labelfix.check.rules import RULES
from labelfix.check_config import EXPECTED_WRONG_RATE, RuleOptions
from labelfix.data.records import Rerun
from labelfix.data.workspace import existing_workspace, open_workspace
from labelfix.judging.batch import Batch
from labelfix.judging.inputs import BatchInputs
from labelfix.judging.reference_batch import Against, reference_batch
from labelfix.progress import Silent

SAMPLE = Path(__file__).parent.parent / "sample_data"
SEEDS = 20
WRONG_SHARE = 0.1
REFERENCE_ROWS, BATCH_ROWS = 40_000, 1_000

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Judged:
    """A batch of R rows as `check` found it, and the truth.

    Attributes:
        wrong: (R,) bool, which labels are.
        found: (R,) bool, where `wrong-label` is found.
        doubted: (R,) bool, where it or `uncertain-label` is.
        suspicion: (R,) the probability that the label is wrong.
        low, share, high: of the estimated rate.
        findings: how many there are by any rule.
        seconds: of the judging, embeddings read and imports done.
    """

    wrong: npt.NDArray[np.bool_]
    found: npt.NDArray[np.bool_]
    doubted: npt.NDArray[np.bool_]
    suspicion: npt.NDArray[np.float64]
    low: float
    share: float
    high: float
    findings: int
    seconds: float = 0.0

    @property
    def figures(self) -> dict[str, Any]:
        """What is told of it."""
        true_rate = float(self.wrong.mean())
        right = int((self.found & self.wrong).sum())
        found, wrong = int(self.found.sum()), int(self.wrong.sum())
        return {
            "true_rate": round(true_rate, 4),
            "rate": [round(one, 4) for one in (self.low, self.share, self.high)],
            "covers": bool(self.low <= true_rate <= self.high),
            "precision": round(right / found, 4) if found else None,
            "recall": round(right / wrong, 4) if wrong else None,
            "findings": self.findings,
            "seconds": round(self.seconds, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=("sample", "halves", "batches"))
    parser.add_argument("--embeddings", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--reference-labels", default="aggre_label")
    parser.add_argument("--batch-labels", default="worse_label")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        match arguments.which:
            case "sample":
                figures = sample(Path(folder))
            case "halves":
                figures = halves(Path(folder))
            case _:
                figures = batches(Path(folder), arguments)
    print(json.dumps(figures, indent=2))
    save(f"check_{arguments.which}", figures)


# --- the sample data alone -----------------------------------------------------------------------


def sample(folder: Path) -> dict[str, Any]:
    truth = dict(read_rows(SAMPLE / "truth.csv", "true_label"))
    given = dict(read_rows(SAMPLE / "manifest.csv", "label"))
    write_rows(folder / "truth.csv", list(truth), list(truth.values()))
    figures = {}
    for name, manifest in (("given", SAMPLE / "manifest.csv"), ("truth", folder / "truth.csv")):
        command = ["check", SAMPLE / "images", manifest, "--encoder", "hog", "--quiet"]
        command += ["--output-format", "json", "-w", folder / name]
        started = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-m", "labelfix", *map(str, command)],
            capture_output=True,
            text=True,
            check=False,  # 1 where the batch fails
        )
        shown = json.loads(ended.stdout)
        found = {each["image"] for each in shown["findings"] if each["rule"] == "wrong-label"}
        wrong = {image for image in truth if given[image] != truth[image]}
        figures[name] = {
            "exit_code": ended.returncode,
            "findings": len(shown["findings"]),
            "rows_named": len({each["image"] for each in shown["findings"]}),
            "seconds": round(time.perf_counter() - started, 1),
        }
        if name == "given":
            figures[name] |= {
                "precision": round(len(found & wrong) / len(found), 4),
                "recall": round(len(found & wrong) / len(wrong), 4),
            }
    return figures


# --- one half against the other ------------------------------------------------------------------


def halves(folder: Path) -> dict[str, Any]:
    truth = read_rows(SAMPLE / "truth.csv", "true_label")
    orders = {
        "in_order": np.arange(len(truth)),
        "random": np.random.default_rng(0).permutation(len(truth)),
    }
    return {
        name: half(folder / name, [truth[row] for row in order]) for name, order in orders.items()
    }


def half(folder: Path, truth: list[tuple[str, str]]) -> dict[str, Any]:
    """The figures over all seeds, and those of the batch with its true labels."""
    folder.mkdir()
    middle = len(truth) // 2
    write_rows(folder / "reference.csv", *zip(*truth[:middle], strict=True))
    train(folder, SAMPLE / "images", "hog")
    images, labels = map(list, zip(*truth[middle:], strict=True))
    true = np.array(labels, dtype=object)
    found = [
        judge(folder, SAMPLE / "images", images, with_wrong(true, seed), true).figures
        for seed in range(SEEDS)
    ]
    clean = judge(folder, SAMPLE / "images", images, true, true)
    return {
        "seeds": SEEDS,
        "intervals_that_cover": sum(one["covers"] for one in found),
        **{
            key: [round(pick([one[key] for one in found]), 4) for pick in (min, np.mean)]
            for key in ("precision", "recall")
        },
        "mean_rate": np.mean([one["rate"] for one in found], axis=0).round(4).tolist(),
        "seconds": round(float(np.median([one["seconds"] for one in found])), 1),
        "true_labels": clean.figures | {"wrong_label_findings": int(clean.found.sum())},
    }


def with_wrong(true: Texts, seed: int) -> Texts:
    random = np.random.default_rng(seed)
    names = sorted(set(true))
    labels = true.copy()
    for row in random.choice(len(true), round(WRONG_SHARE * len(true)), replace=False):
        others = [name for name in names if name != true[row]]
        labels[row] = others[random.integers(len(others))]
    return labels


# --- batches of people's labels ------------------------------------------------------------------


def batches(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    vectors = np.load(arguments.embeddings)
    columns = {
        name: np.array([label for _, label in read_rows(arguments.labels, name)], dtype=object)
        for name in (arguments.reference_labels, arguments.batch_labels, "true_label")
    }
    reference, given, true = columns.values()
    names = [f"{row:05d}.png" for row in range(len(true))]
    np.save(folder / "reference.npy", vectors[:REFERENCE_ROWS])
    write_rows(folder / "reference.csv", names[:REFERENCE_ROWS], list(reference[:REFERENCE_ROWS]))
    train(folder, folder, f"precomputed:{folder / 'reference.npy'}")
    vectors = vectors.astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fitted = LogisticRegression(max_iter=1000).fit(
        vectors[:REFERENCE_ROWS], reference[:REFERENCE_ROWS]
    )
    found = []
    for start in range(REFERENCE_ROWS, len(true) - BATCH_ROWS + 1, BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        np.save(folder / "batch.npy", np.load(arguments.embeddings, mmap_mode="r")[rows])
        judged = judge(folder, folder, names[rows], given[rows], true[rows], "batch.npy")
        within = cross_val_predict(
            LogisticRegression(max_iter=1000),
            vectors[rows],
            given[rows],
            cv=StratifiedKFold(5, shuffle=True, random_state=0),
            method="predict_proba",
        )
        of_reference = fitted.predict_proba(vectors[rows])
        found.append(
            judged.figures
            | precisions("labelfix", judged.wrong, judged.suspicion, judged.doubted)
            | cleanlab("cleanlab_by_reference", judged.wrong, given[rows], of_reference)
            | cleanlab("cleanlab_within_batch", judged.wrong, given[rows], within)
        )
    mean = [key for key in found[0] if key.startswith(("labelfix", "cleanlab"))]
    return {
        "batches": len(found),
        "intervals_that_cover": sum(one["covers"] for one in found),
        "mean_true_rate": round(float(np.mean([one["true_rate"] for one in found])), 4),
        "mean_rate": np.mean([one["rate"] for one in found], axis=0).round(4).tolist(),
        **{
            key: round(float(np.mean([one[key] for one in found])), 4)
            for key in (*mean, "precision", "recall", "seconds")
        },
    }


def precisions(
    name: str,
    wrong: npt.NDArray[np.bool_],
    suspicion: npt.NDArray[np.float64],
    found: npt.NDArray[np.bool_],
) -> dict[str, float]:
    """Average precision of all rows by suspicion, and where only what is found is ranked."""
    return {
        f"{name}_average_precision": float(average_precision_score(wrong, suspicion)),
        f"{name}_average_precision_of_findings": float(
            average_precision_score(wrong, np.where(found, 1 + suspicion, 0))
        ),
    }


def cleanlab(
    name: str, wrong: npt.NDArray[np.bool_], given: Texts, probabilities: npt.NDArray[np.float64]
) -> dict[str, float]:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    labels = np.unique(given.astype(str), return_inverse=True)[1]
    suspicion = 1 - get_label_quality_scores(labels, probabilities)
    return precisions(name, wrong, suspicion, find_label_issues(labels, probabilities, n_jobs=1))


# --- what they share -----------------------------------------------------------------------------


def train(folder: Path, images: Path, encoder: str) -> None:
    """Make a reference of `reference.csv` in the folder."""
    labelfix(
        "run", images, folder / "reference.csv", "--encoder", encoder, "--quiet",
        "--workspace", folder / "reference", "--out", folder / "fixed.csv",
    )  # fmt: skip


def judge(
    folder: Path,
    images: Path,
    names: list[str],
    given: Texts,
    true: Texts,
    vectors: str | None = None,
) -> Judged:
    """Check a batch against the folder's reference."""
    write_rows(folder / "batch.csv", names, list(given))
    against = Against(
        existing_workspace(folder / "reference"),
        open_workspace(folder / "workspace").batch,
        EXPECTED_WRONG_RATE,
        "auto",
    )
    inputs = BatchInputs(images, folder / "batch.csv", (folder / vectors,) if vectors else ())
    started = time.perf_counter()
    batch: Batch = reference_batch(against, inputs, Silent(), Rerun())
    findings = find(batch, RuleOptions())
    seconds = time.perf_counter() - started
    named = {rule: np.zeros(len(batch), dtype=bool) for rule in RULES}
    for each in findings:
        if each.row is not None:
            named[each.rule][each.row - 1] = True
    found = named["wrong-label"]
    overall = batch.noise.overall
    assert overall is not None
    return Judged(
        given != true,
        found,
        found | named["uncertain-label"],
        1 - batch.corrections.self_confidence,
        overall.low,
        overall.share,
        overall.high,
        len(findings),
        seconds,
    )


def read_rows(path: Path, column: str) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["image"], row[column]) for row in csv.DictReader(file)]


def write_rows(path: Path, images: list[str], labels: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "label"), *zip(images, labels, strict=True)])


if __name__ == "__main__":
    main()
