"""Rows whose label looks right, with the estimated noise injected."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from labelfix.data import records
from labelfix.data.corrections import KEEP, VERIFIED, Corrections
from labelfix.errors import InputError
from labelfix.methods.rows import GivenRows
from labelfix.noise.hypotheses import NoiseModel
from labelfix.noise.redraw import draw_given

LEAST_CONFIDENCE = 0.9
"""A row counts as clean from this P(given label is right): the few wrong labels left hardly affect
differences between methods."""
DOUBT_PARTS = 10
LEAST_ROWS = 20
LEAST_OF_CLASS = 5
"""Clean rows that a class needs, so that out-of-fold models see some of it."""


@dataclass(frozen=True)
class NoisyRows:
    """n images whose label looks right, and their labels with injected noise.

    Attributes:
        images: n names.
        class_names: C labels, those of the clean rows.
        true: (n,) int64, the label that looks right.
        given: (n,) int64, the label with noise.
        draw: the number of the noise sample, from 0.
    """

    images: list[str] = field(repr=False)
    class_names: list[str]
    true: npt.NDArray[np.int64] = field(repr=False)
    given: npt.NDArray[np.int64] = field(repr=False)
    draw: int = 0

    def __len__(self) -> int:
        return len(self.images)

    @property
    def wrong(self) -> int:
        """The number of wrong labels."""
        return int((self.given != self.true).sum())

    @property
    def fingerprint(self) -> str:
        """The fingerprint of images and labels."""
        labels = [self.true.tolist(), self.given.tolist()]
        hidden = [name.encode("utf-8", "surrogateescape").hex() for name in self.images]
        return records.fingerprint([hidden, self.class_names, *labels])


def clean_images(
    rows: GivenRows,
    corrections: Corrections,
    log_true: npt.NDArray[np.floating],
    most: int,
    seed: int,
) -> npt.NDArray[np.int64]:
    """(n,) int64, ascending: images with a row whose label is kept and very probably right.

    Args:
        rows: of the workspace.
        corrections: for each row.
        log_true: (N, C) log p(true | image) of all images.
        most: the largest number. If there are more, sampling is stratified by doubt so that
            doubtful images are well represented: clean images are easier than average.
        seed: of the sampling.

    Raises:
        InputError: there are too few, or only one class.
    """
    kept = np.isin(corrections.action[rows.used], (KEEP, VERIFIED))
    sure = corrections.self_confidence[rows.used] >= LEAST_CONFIDENCE
    agrees = rows.used_labels == rows.labelled.labels[rows.used_images]
    images: npt.NDArray[np.int64] = np.unique(rows.used_images[kept & sure & agrees])
    if len(images) > most:
        part = _doubt_parts(log_true)[images]
        images = images[_evenly(part, most, np.random.default_rng(seed))]
    labels = rows.labelled.labels[images]
    counts = np.bincount(labels, minlength=len(rows.class_values))
    images = images[counts[labels] >= LEAST_OF_CLASS]
    classes = int((counts >= LEAST_OF_CLASS).sum())
    if len(images) < LEAST_ROWS or classes < 2:
        raise InputError(
            f"expected at least {LEAST_ROWS} rows of 2 classes whose label is right with a "
            f"probability of {LEAST_CONFIDENCE:.0%}, found {len(images)} of {classes}",
            "Methods can be compared only on labels that are almost surely right: add images, or "
            "use another --encoder.",
        )
    return images


def _doubt_parts(log_true: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """(N,) int64 in [0, 10), the decile of doubt of each image."""
    doubt = rankdata(-log_true.max(axis=1), method="ordinal") - 1
    parts: npt.NDArray[np.int64] = doubt.astype(np.int64) * DOUBT_PARTS // len(doubt)
    return parts


def _evenly(
    part: npt.NDArray[np.int64], most: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """(most,) int64, ascending: rows sampled as evenly from the parts as their sizes allow."""
    order = random.permutation(len(part))
    turn = np.empty(len(part), dtype=np.int64)
    for one in np.unique(part):
        own = order[part[order] == one]
        turn[own] = np.arange(len(own))
    chosen: npt.NDArray[np.int64] = np.sort(order[np.argsort(turn[order], kind="stable")][:most])
    return chosen


def with_noise(
    rows: GivenRows,
    images: npt.NDArray[np.int64],
    model: NoiseModel,
    log_true: npt.NDArray[np.floating],
    names: list[str],
    *,
    seed: int,
    draw: int,
) -> NoisyRows:
    """The chosen images with labels sampled from the noise model.

    Args:
        rows: of the workspace.
        images: (n,) from `clean_images`.
        model: the noise in the user's labels.
        log_true: (N, C) log p(true | image) of all images.
        names: N image names.
        seed: of the sampling, together with `draw`.
        draw: the number of the noise sample.
    """
    true = rows.labelled.labels[images]
    random = np.random.default_rng([seed, draw])
    given = draw_given(model, log_true[images], true, random)
    classes, true = np.unique(true, return_inverse=True)
    return NoisyRows(
        [names[image] for image in images.tolist()],
        [rows.labelled.class_names[one] for one in classes.tolist()],
        true.astype(np.int64),
        np.searchsorted(classes, given).astype(np.int64),
        draw,
    )
