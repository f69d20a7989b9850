"""One contestant run on rows, by the library's own code, with what it cost."""

import importlib
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from labelfix.bench import simple_methods
from labelfix.bench.contestants import CLEANLAB, GIVEN, REGRESSION, VOTE, Contestant
from labelfix.bench.encoded_rows import EncodedRows
from labelfix.bench.outcome import Cost, Outcome, measured
from labelfix.config import RelabelOptions, TrainOptions
from labelfix.correction.row_corrections import correct_rows
from labelfix.data.corrections import Corrections
from labelfix.methods.method import GivenLabels, Judge
from labelfix.methods.registry import find_method
from labelfix.progress import Silent


@dataclass
class Runner:
    """Runs contestants on rows; a training or a regression that two of them share is done once.

    Both are told its cost, as each would have it alone.

    Attributes:
        rows: what all are run on.
        device: `cpu` or `cuda`.
        seed: of every training.
    """

    rows: EncodedRows
    device: str
    seed: int
    _trained: tuple[Contestant, Judge, Cost] | None = field(default=None, repr=False)
    _regression: Cost | None = field(default=None, repr=False)

    def run(self, one: Contestant) -> tuple[Outcome, Cost]:
        """What a contestant says of the rows, and what it cost."""
        if one.is_denoiser:
            return self._denoiser(one)
        given, classes = self.rows.rows.given, self.rows.classes
        if one.method == GIVEN:
            return simple_methods.keep_given(given), Cost(0.0, 0.0)
        if one.method == VOTE:
            indices = self.rows.nearest(one.neighbours or 1).indices
            return measured(lambda: simple_methods.vote(given, indices, classes))
        if one.method not in (REGRESSION, CLEANLAB):
            raise ValueError(f"unknown method {one.method!r}")
        if self._regression is None:
            _, self._regression = measured(lambda: self.rows.regression)
        read = Outcome.likeliest
        if one.method == CLEANLAB:
            importlib.import_module("cleanlab.filter")  # how long that takes is not its cost
            read = simple_methods.confident_learning
        outcome, cost = measured(lambda: read(self.rows.regression, given))
        return outcome, self._regression + cost

    def _denoiser(self, one: Contestant) -> tuple[Outcome, Cost]:
        k = one.neighbours or 1
        judge, training = self._train(one, k)
        options = RelabelOptions(self.device)
        if one.ddim_steps is not None:
            options = replace(options, ddim_steps=one.ddim_steps)
        rows = self.rows.given_rows(k, reads_names=one.reads_names)
        (corrections, _), cost = measured(
            lambda: correct_rows(rows, judge, options, self.device, Silent())
        )
        return self._outcome(corrections), training + cost

    def _train(self, one: Contestant, k: int) -> tuple[Judge, Cost]:
        wanted = Contestant(one.method, k)
        if self._trained is None or self._trained[0] != wanted:
            options = TrainOptions(one.method, self.seed, self.device)
            rows = self.rows
            data = GivenLabels(rows.vectors, rows.rows.given, rows.nearest(k), rows.classes)
            method = find_method(one.method)
            trained, cost = measured(
                lambda: method.fit(data, options.of_method(), self.device, Silent())
            )
            self._trained = (wanted, trained.judge, cost)
        return self._trained[1:]

    def _outcome(self, corrections: Corrections) -> Outcome:
        place = {name: number for number, name in enumerate(self.rows.rows.class_names)}
        labels: npt.NDArray[np.int64] = np.array(
            [place[label] for label in corrections.label.tolist()], dtype=np.int64
        )
        return Outcome(labels, corrections.self_confidence, corrections.confidence)
