"""What is measured of one setting with one seed: the peers, and labelfix with some audits."""

import time
import warnings
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from noise_data import Data, make_data
from noise_settings import Setting
from peers import confident_learning, likeliest, out_of_fold
from quality_figures import calibration_error, ranking, reliability, shares
from resumable import PACKAGE, code_fingerprint, versions

from labelfix.data import records
from labelfix.data.embeddings import unit_length

NOT_CORRECTING = {
    *("check", "cli", "encoders", "images", "judging", "report", "review", "simclr"),
    *("embedding", "exchange", "patches"),
}
"""Packages of labelfix that change nothing of what `correct_labels` finds."""

PEERS = {"cleanlab": confident_learning, "logistic_regression": likeliest}


def peers_made_from(setting: Setting, seed: int) -> list[object]:
    """All that the peers' figures depend on."""
    return [asdict(setting), seed, versions(["numpy", "scikit-learn", "cleanlab"]), _here()]


def labelfix_made_from(setting: Setting, seed: int, audits: list[int]) -> list[object]:
    """All that the figures of labelfix depend on."""
    return [asdict(setting), seed, audits, versions(["numpy", "torch"]), _labelfix(), _here()]


def measure_peers(setting: Setting, seed: int, folder: Path | None) -> dict[str, Any]:
    """The setting's own figures, and what becomes of its labels by the peers; in [0, 1].

    Args:
        setting: of the grid.
        seed: of its rows.
        folder: of the real rows.
    """
    data = make_data(setting, seed, folder)
    classes, given = np.unique(data.given, return_inverse=True)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer rows than folds
        probabilities = out_of_fold(unit_length(data.vectors)[0], given)
        after = {name: classes[peer(probabilities, given).labels] for name, peer in PEERS.items()}
    return {
        "rows": len(data.given),
        "classes": len(np.unique(data.true)),
        "given": _share(data.given == data.true),
        "bound": data.bound,
        **{name: _share(labels == data.true) for name, labels in after.items()},
        "seconds": round(time.perf_counter() - started, 2),
    }


def measure_labelfix(
    setting: Setting, seed: int, audits: list[int], folder: Path | None
) -> dict[str, Any]:
    """Figures of `correct_labels` by the number of rows whose truth it was told.

    The rows are those that the run without audits asks for; only the answers read the truth.
    """
    data = make_data(setting, seed, folder)
    unaudited = _correct(data, seed, None)
    figures = {}
    for number in audits:
        result = unaudited
        if number:
            result = _correct(data, seed, answers(unaudited[0].questions(number), data.true))
        figures[str(number)] = _figures(data, *result)
    return figures


def answers(rows: npt.NDArray[np.int64], true: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    """(N,) what a person who errs never says of the rows asked for; None of all others."""
    known = np.full(len(true), None, dtype=object)
    known[rows] = true[rows].tolist()
    return known


def _correct(data: Data, seed: int, known: npt.NDArray[np.object_] | None) -> tuple[Any, float]:
    """The corrections, and the seconds they took."""
    from labelfix import correct_labels

    told: dict[str, Any] = {"seed": seed}
    if known is not None:
        told["audited"] = known
    if data.annotators is not None:
        told["annotators"] = data.annotators
    started = time.perf_counter()
    found = correct_labels(data.vectors, data.given, **told)
    return found, time.perf_counter() - started


def _figures(data: Data, corrections: Any, seconds: float) -> dict[str, Any]:
    after = corrections.label
    became = shares(data.given, after, data.true)
    right = np.asarray(after == data.true, dtype=bool)
    ranked = ranking(data.given != data.true, 1 - corrections.self_confidence)
    return {
        "right_after": became.right_after,
        "fixed": became.fixed,
        "harmed": became.harmed,
        "share": _estimate(getattr(corrections, "wrong_share", None)),
        "calibration_error": calibration_error(reliability(right, corrections.confidence)),
        "auroc": ranked and ranked.auroc,
        "average_precision": ranked and ranked.average_precision,
        "seconds": round(seconds, 2),
    }


def _estimate(share: Any) -> list[float] | None:
    """Low end, estimate and high end of the share of wrong labels; None where none is told."""
    return share and [float(share.low), float(share.share), float(share.high)]


def _share(flags: npt.NDArray[Any]) -> float:
    return float(np.mean(flags))


@cache
def _labelfix() -> str:
    """The fingerprint of labelfix as it was when this process began with it."""
    parts = [part.name for part in PACKAGE.iterdir() if part.name not in NOT_CORRECTING]
    return code_fingerprint(sorted(parts))


@cache
def _here() -> str:
    """The fingerprint of the code that makes the rows."""
    names = ("made_points", "noise_data", "noise_kinds", "noise_steps")
    return records.fingerprint(
        [records.fingerprint_file(Path(__file__).parent / f"{name}.py") for name in names]
    )
