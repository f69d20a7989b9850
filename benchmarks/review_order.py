"""Which order of questions leaves the fewest wrong labels, and does the stated bound hold?

    python benchmarks/review_order.py DATA [--rows 10000] [--seeds 20] [--jobs 1]
        [--only cifar10n|sample]

DATA holds `mobilenetv2_train.npy`, (N, D), and `train_labels.csv` with `true_label` and
`aggre_label`, a row for each embedding. A script answers every question with the truth. Orders are
compared in two ways: on the given labels, where an answer replaces one of them and nothing else
changes, and on what labelfix has made of these. "labelfix, relabelled" also runs `relabel` where
the review page says that it is worth it, and, as "trained again", all of train and relabel after
100, 500 and 2,000 answers. The other orders come from probabilities out of fold, as cleanlab's
documents compute them. Then the same questions are answered on the sample data, 20 % of whose
labels are spoilt anew with each seed, with denoisers trained with `--fast`. The extra `bench` has
what the peers need.
"""

import argparse
import csv
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measuring import save
from peers import out_of_fold

from labelfix.correction.relabel_stage import run_relabel
from labelfix.correction.train_stage import run_train
from labelfix.data.decision_store import DecisionStore
from labelfix.data.embeddings import load_embeddings
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import TrainOptions
from labelfix.pipeline import PipelineOptions, run_pipeline
from labelfix.review.progress import ReviewProgress, review_progress
from labelfix.review.queue import review_queue
from labelfix.review.random_part import RandomPart
from labelfix.review.review_data import load_review
from labelfix.runtime.progress import Silent

SAMPLE = Path(__file__).parent.parent / "sample_data"
BUDGETS = (0, 100, 500, 2000)
SAMPLE_BUDGET = 100
WRONG_SHARE = 0.20

Labels = npt.NDArray[Any]
Order = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """N images with embeddings, given and true labels."""

    vectors: npt.NDArray[np.float32]
    names: Sequence[str]
    given: Labels
    true: Labels

    def truth_of(self, image: str) -> str:
        """The true label of an image, by its name `00012.png`."""
        return str(self.true[int(Path(image).stem)])


def read_rows(data: Path, most: int) -> Rows:
    """The first rows of CIFAR-10N."""
    with (data / "train_labels.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))[:most]
    vectors = np.load(data / "mobilenetv2_train.npy", mmap_mode="r")[: len(table)]
    vectors = vectors.astype(np.float32)
    return Rows(
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        [f"{row:05d}.png" for row in range(len(table))],
        np.array([row["aggre_label"] for row in table], dtype=object),
        np.array([row["true_label"] for row in table], dtype=object),
    )


def trained(rows: Rows, folder: Path, *, fast: bool = False) -> Workspace:
    """A workspace in which all stages ran."""
    np.save(folder / "vectors.npy", rows.vectors)
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("image", "label"), *zip(rows.names, rows.given.tolist(), strict=True)]
        )
    workspace = open_workspace(folder / "workspace")
    options = PipelineOptions(
        embed=EmbedOptions(encoder=f"precomputed:{folder / 'vectors.npy'}", device="cpu"),
        train=TrainOptions(device="cpu", fast=fast),
        relabel=RelabelOptions(device="cpu"),
    )
    inputs = EmbedInputs(images=folder, manifest=manifest)
    run_pipeline(workspace, inputs, None, options, Silent(), Rerun(), lambda _: None)
    return workspace


def relabel(workspace: Workspace, *, trains: bool = False) -> None:
    """Learn from the decisions, as the review page does; with `trains` as `labelfix run` does."""
    if trains:
        run_train(workspace, TrainOptions(device="cpu"), Silent(), Rerun())
    run_relabel(workspace, None, RelabelOptions(device="cpu"), Silent(), Rerun())


def labels_now(workspace: Workspace) -> Labels:
    """(N,) the labels after the last relabel."""
    return load_review(workspace).batch.corrections.label


def wrong_after(labels: Labels, true: Labels, order: Order, budgets: Sequence[int]) -> list[float]:
    """The share of wrong labels after each number of answers in an order."""
    is_wrong = labels != true
    return [float(np.delete(is_wrong, order[:budget]).sum()) / len(true) for budget in budgets]


def margin(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N,) the likeliest class's probability less that of the next: the smallest are asked first.

    This is uncertainty sampling (Scheffer et al., 2001); it does not look at the given label.
    """
    top = np.sort(probabilities, axis=1)[:, -2:]
    return top[:, 1] - top[:, 0]


def other_orders(rows: Rows) -> dict[str, Order]:
    """The orders of the peers."""
    from cleanlab.rank import get_label_quality_scores

    _, given = np.unique(rows.given.astype(str), return_inverse=True)
    probabilities = out_of_fold(rows.vectors, given)
    scores = {
        f"cleanlab, {method.replace('_', ' ')}": get_label_quality_scores(
            given, probabilities, method=method
        )
        for method in ("self_confidence", "normalized_margin")
    }
    scores["margin of the classifier"] = margin(probabilities)
    found = {name: np.argsort(score, kind="stable") for name, score in scores.items()}
    random = np.random.default_rng(0)
    return {"random": random.permutation(len(given)), **found}


@dataclass
class Reviewer:
    """A person who tells the truth, on the queue of a workspace."""

    rows: Rows
    workspace: Workspace
    seed: int = 0
    relabels: bool = True
    answered: int = 0

    def answers(self, until: int) -> Iterator[ReviewProgress]:
        """Answer question after question, and yield the progress at each relabel and at the end."""
        with DecisionStore.open(self.workspace.decisions) as store:
            while self.answered < until:
                data = load_review(self.workspace)
                part = RandomPart.of(data, store, seed=self.seed)
                progress = review_progress(data, store.standing(), part)
                number = until - self.answered
                if self.relabels and progress.relabel_after:
                    number = min(number, progress.relabel_after)
                queue = review_queue(
                    data, store.current(), until, seed=self.seed, random_part=part
                )[:number]
                store.add_all(
                    [one.decided(self.rows.truth_of(one.image), "script") for one in queue]
                )
                self.answered += len(queue)
                yield review_progress(data, store.standing(), part)
                if self.relabels and self.answered < until:
                    relabel(self.workspace)

    def wrong(self, labels: Labels) -> float:
        """The share of labels that are still wrong, with the answers in them."""
        with DecisionStore.open(self.workspace.decisions) as store:
            done = {one.image for one in store.current()}
        is_open = np.array([name not in done for name in self.rows.names])
        return float(((labels != self.rows.true) & is_open).mean())


def own_queue(rows: Rows, folder: Path, *, relabels: bool, trains: bool = False) -> list[float]:
    """The share of wrong labels with labelfix's queue."""
    workspace = trained(rows, folder)
    before = labels_now(workspace)
    person = Reviewer(rows, workspace, relabels=relabels)
    found = [float((before != rows.true).mean())]
    for budget in BUDGETS[1:]:
        for _ in person.answers(budget):
            pass
        if relabels:
            relabel(workspace, trains=trains)
        found.append(person.wrong(labels_now(workspace)))
        print(f"{budget} answers: {found[-1]:.2%} wrong", file=sys.stderr)
    return found


def in_folder(work: Callable[[Path], Any]) -> Any:
    with tempfile.TemporaryDirectory() as name:
        return work(Path(name))


def cifar10n(rows: Rows) -> list[dict[str, Any]]:
    """The table: the share of wrong labels after each budget, by labels and order."""
    orders = other_orders(rows)

    def start(folder: Path) -> tuple[Labels, Order, Order]:
        workspace = trained(rows, folder)
        data = load_review(workspace)
        with DecisionStore.open(workspace.decisions) as store:
            part = RandomPart.of(data, store)
            queue = [one.row for one in review_queue(data, [], len(rows.true), random_part=part)]
        doubt = np.argsort(data.batch.corrections.self_confidence, kind="stable")
        return data.batch.corrections.label, np.array(queue), doubt

    labels, queue, doubt = in_folder(start)
    table = []

    def add(begins_with: str, order: str, shares: list[float]) -> None:
        table.append({"labels": begins_with, "order": order, "wrong": shares})
        print(begins_with, order, [f"{share:.2%}" for share in shares], file=sys.stderr)

    for name, order in {**orders, "labelfix, by self_confidence": doubt}.items():
        add("given", name, wrong_after(rows.given, rows.true, order, BUDGETS))
    for name, order in {**orders, "labelfix's queue": queue}.items():
        add("labelfix", name, wrong_after(labels, rows.true, order, BUDGETS))
    for trains in (False, True):
        add(
            "labelfix",
            f"labelfix's queue, {'trained again' if trains else 'relabelled'}",
            in_folder(
                lambda folder, trains=trains: own_queue(rows, folder, relabels=True, trains=trains)
            ),
        )
    return table


def sample_rows(folder: Path) -> Rows:
    """The sample data with its true labels in both places, embedded once."""
    with (SAMPLE / "truth.csv").open(encoding="utf-8") as file:
        truth = {row["image"]: row["true_label"] for row in csv.DictReader(file)}
    workspace = open_workspace(folder / "sample")
    inputs = EmbedInputs(images=SAMPLE / "images", manifest=SAMPLE / "manifest.csv")
    run_embed(workspace, inputs, EmbedOptions(encoder="hog", device="cpu"), Silent(), Rerun())
    embedded = load_embeddings(workspace.embeddings)
    true = np.array([truth[image] for image in embedded.images], dtype=object)
    names = [f"{row:05d}.png" for row in range(len(true))]
    return Rows(embedded.vectors, names, true, true)


def sample_seed(rows: Rows, seed: int) -> dict[str, Any]:
    """One seed: what is left after the budget, and whether the bound held at every look."""
    sys.path.insert(0, str(SAMPLE))
    from make import spoil_labels

    spoilt = spoil_labels(rows.true.astype(np.int64), WRONG_SHARE, np.random.default_rng(seed))
    rows = Rows(rows.vectors, rows.names, spoilt.astype(str).astype(object), rows.true)

    def work(folder: Path) -> dict[str, Any]:
        workspace = trained(rows, folder, fast=True)
        before = labels_now(workspace)
        person = Reviewer(rows, workspace, seed=seed)
        held, last = [], None
        for last in person.answers(SAMPLE_BUDGET):
            held.append(last.low <= person.wrong(labels_now(workspace)) <= last.high)
        relabel(workspace)
        data = load_review(workspace)
        with DecisionStore.open(workspace.decisions) as store:
            part = RandomPart.of(data, store, seed=seed)
            last = review_progress(data, store.standing(), part)
        wrong = person.wrong(data.batch.corrections.label)
        return {
            "seed": seed,
            "wrong_given": float((rows.given != rows.true).mean()),
            "wrong_before": float((before != rows.true).mean()),
            "wrong_after": wrong,
            "estimate": last.share,
            "low": last.low,
            "high": last.high,
            "random_answers": last.left.draws,
            "covers": last.low <= wrong <= last.high,
            "covers_at_every_look": all([*held, last.low <= wrong <= last.high]),
        }

    found = in_folder(work)
    print(found, file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="processes for the seeds")
    parser.add_argument("--only", choices=("cifar10n", "sample"))
    options = parser.parse_args()
    if options.only != "sample":
        rows = read_rows(options.data, options.rows)
        table = cifar10n(rows)
        save("review_order", {"rows": options.rows, "budgets": BUDGETS, "table": table})
    if options.only != "cifar10n":
        rows = in_folder(sample_rows)
        # Not a fork of this process: torch may hold locks in it.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
            seeds = list(pool.map(partial(sample_seed, rows), range(options.seeds)))
        save(
            "review_sample",
            {
                "rows": len(rows.true),
                "answers": SAMPLE_BUDGET,
                "most_wrong_after": max(one["wrong_after"] for one in seeds),
                "covered": sum(one["covers"] for one in seeds),
                "covered_at_every_look": sum(one["covers_at_every_look"] for one in seeds),
                "seeds": seeds,
            },
        )


if __name__ == "__main__":
    main()
