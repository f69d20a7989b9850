r"""CIFAR-10 whole, as the paper has it: SimCLR, embeddings, labels corrected by every method.

    python benchmarks/cifar10.py --data DATA --out FOLDER [--stage STAGE ...] [--labels COLUMN ...]

DATA holds `images.tar.gz`, `train_labels.csv` and `test_labels.csv`. Every stage leaves its figures
in FOLDER with what they were made from and is skipped while that is the same; one that was stopped
goes on. What is to be kept lies in `FOLDER/results`, a few files of at most 16 MB: the embeddings,
the tables and the log of the training. With `--time-limit-s` the benchmark ends in time with exit
code 3 where something is left to do, and the same command goes on. With `--embeddings` no encoder
is trained. No method sees a label of a test image. Where labelfix is not installed, PYTHONPATH has
to name its folder; faiss, open_clip, rich and typer are not needed, nor cleanlab and scikit-learn,
without which their rows say so.
"""

import argparse
import hashlib
import math
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from cifar10_baselines import BASELINES, NEEDED, missing
from cifar10_data import COLUMNS, Column, load_pixels, pixel_files, read_column, run_images
from cifar10_encoder import Vectors, load_embeddings, run_embeddings, run_simclr
from cifar10_methods import Method, Problem, lra, noise_aware, of_column, run_method
from cifar10_table import run_table
from plain_progress import PlainProgress
from resumable import MadeFrom, OutOfTimeError, Workplace

from labelfix.config import SimclrOptions
from labelfix.data import atomic, records
from labelfix.data.embeddings import unit_length
from labelfix.device import resolve_device
from labelfix.errors import LabelfixError

STAGES = ("simclr", "embeddings", "lra", "lra-image", "noise-aware", "baselines", "table")
SEE_IMAGES = {"simclr", "embeddings", "lra-image"}
UNFINISHED = 3
SEARCH_CODE = ("retrieval",)
METHOD_CODE = (*SEARCH_CODE, "noise", "methods", "correction", "encoders")


class Benchmark:
    """The stages with their options."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.place = Workplace(
            options.out,
            resolve_device(options.device),
            PlainProgress(),
            time.monotonic() + options.time_limit_s,
        )

    def run(self, stage: str) -> None:
        """One stage, for every column of labels where it is of one."""
        options = self.options
        if stage in SEE_IMAGES:
            run_images(self.place, options.data, options.images)
        if stage == "simclr":
            run_simclr(self.place, options.data, options.images, self.simclr_options())
        elif stage == "embeddings":
            run_embeddings(self.place, options.data, options.images, options.width)
        elif stage == "table":
            self.table()
        else:
            for column in self.columns:
                self.correct(stage, column)

    def simclr_options(self) -> SimclrOptions:
        """The options of the encoder's training."""
        options = self.options
        return SimclrOptions(
            options.backbone,
            epochs=options.epochs,
            batch_size=options.batch_size,
            agreement_epochs=10,
            checkpoint_s=options.checkpoint_s,
        )

    def correct(self, stage: str, column: Column) -> None:
        """One stage's methods on one column of labels."""
        problem = of_column(self.problem(stage), column)
        for name, (method, chosen) in self.methods(stage).items():
            libraries = NEEDED.get(name, {}).values()
            if name in NEEDED and missing(name):
                self.place.progress.say(
                    f"{name}: not run, there is no {' and no '.join(missing(name))}"
                )
                continue
            inputs = {**self.inputs, "labels": column.fingerprint}
            if stage == "lra-image":
                for part, path in zip(("train", "test"), pixel_files(self.place.out), strict=True):
                    inputs[f"{part}_pixels"] = records.fingerprint_file(path)
            code = SEARCH_CODE if stage == "baselines" else METHOD_CODE
            made_from = MadeFrom(chosen, inputs, code, len(column.rows), tuple(libraries))
            run_method(self.place, name, method, problem, column, made_from)

    def methods(self, stage: str) -> dict[str, tuple[Method, dict[str, Any]]]:
        """Name to method and its options."""
        if stage == "baselines":
            return {name: (method, {}) for name, method in BASELINES.items()}
        device = self.place.device
        if stage == "noise-aware":
            return {stage: noise_aware(device)}
        if stage == "lra":
            return {stage: lra(device)}
        return {stage: lra(device, self.options.branch, self.options.branch_epochs)}

    def problem(self, stage: str) -> Problem:
        """All images; the given labels come with a column."""
        train, test = self.embeddings
        pixels = [None, None]
        if stage == "lra-image":
            pixels = [load_pixels(path) for path in pixel_files(self.place.out)]
        classes = len(self.columns[0].classes)
        nothing = np.empty(0, dtype=np.int64)
        place = self.place
        return Problem(train, test, nothing, classes, place.device, place.progress, *pixels)

    def table(self) -> None:
        """What there is so far."""
        if self.options.embeddings:
            known = dict(
                zip(("train", "test"), (e.name for e in self.options.embeddings), strict=True)
            )
        else:
            known = {**self.place.figures("embeddings"), "encoder": self.place.figures("simclr")}
        notes = {name: f"no {' and no '.join(missing(name))}" for name in NEEDED if missing(name)}
        print(run_table(self.place, self.columns, known, self.inputs, notes))

    @cached_property
    def columns(self) -> list[Column]:
        """The columns of given labels."""
        options = self.options
        return [read_column(options.data, name, options.images) for name in options.labels]

    @cached_property
    def embeddings(self) -> tuple[Vectors, Vectors]:
        """Of the training and the test images, in the order of the labels."""
        column = self.columns[0]
        if self.options.embeddings:
            given = (np.load(path, mmap_mode="r") for path in self.options.embeddings)
            wanted = (slice(column.images), column.test_rows)
            train, test = (
                unit_length(vectors[rows])[0] for vectors, rows in zip(given, wanted, strict=True)
            )
        else:
            train, test = load_embeddings(self.place)
        found, expected = (len(train), len(test)), (column.images, len(column.test_true))
        if found != expected:
            raise SystemExit(f"expected embeddings of {expected} images, found {found}")
        return train, test

    @cached_property
    def inputs(self) -> dict[str, str]:
        """The fingerprint of the embeddings."""
        digests = [hashlib.sha256(vectors.tobytes()).hexdigest() for vectors in self.embeddings]
        return {"embeddings": records.fingerprint(digests)}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True)
    add("--out", type=Path, required=True)
    add("--stage", nargs="+", choices=STAGES, help="some of the stages; all if left out")
    add("--labels", nargs="+", choices=COLUMNS, default=list(COLUMNS))
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--time-limit-s", type=float, default=math.inf)
    add(
        "--images",
        type=int,
        help="the first training images alone, and a fifth of that of test images",
    )
    add("--embeddings", type=Path, nargs=2, metavar=("TRAIN.npy", "TEST.npy"))
    add("--backbone", default="resnet18")
    add("--epochs", type=int, default=200, help="of SimCLR")
    add("--batch-size", type=int, default=512, help="images in a step of SimCLR")
    add("--checkpoint-s", type=float, default=30.0)
    add("--width", type=int, default=256, help="of the embeddings, by principal components")
    add("--branch", default="resnet34", help="backbone of the image branch")
    add("--branch-epochs", type=int, help="of the denoiser with the image branch")
    options = parser.parse_args(arguments)
    without_encoder = [stage for stage in STAGES if stage not in ("simclr", "embeddings")]
    options.stage = options.stage or (without_encoder if options.embeddings else list(STAGES))
    return options


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    atomic.remove_leftovers(options.out)
    try:
        benchmark = Benchmark(options)
        try:
            for stage in sorted(options.stage, key=STAGES.index):
                benchmark.run(stage)
        except OutOfTimeError as error:
            print(error, file=sys.stderr)
            with suppress(SystemExit):  # there may be nothing yet to make a table of
                benchmark.table()
            raise SystemExit(UNFINISHED) from None
    except LabelfixError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
