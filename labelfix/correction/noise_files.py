"""Files of the noise estimate, for people and for other programs."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelfix.data.shares import DECIMALS, AnnotatorQuality, WrongShare, share_as_json
from labelfix.noise.encoder_strength import EncoderStrength, strength_as_json
from labelfix.noise.estimate import NoiseEstimate
from labelfix.noise.outlook import outlook_as_json
from labelfix.runtime import atomic


def noise_as_json(
    estimate: NoiseEstimate, class_names: Sequence[str], encoder: str = ""
) -> dict[str, Any]:
    """The estimate as JSON values; the matrix is [true][given], in class order.

    Args:
        estimate: of the given labels.
        class_names: C labels.
        encoder: as the user names it.
    """
    learned = estimate.learned
    return {
        "class_names": list(class_names),
        "noise_transition": estimate.transition.round(DECIMALS).tolist(),
        "all_right": round(learned.model.all_right, DECIMALS),
        "doubt_slope": round(learned.model.mean_slope, DECIMALS),
        "audited_rows": estimate.audited,
        "outlook": None if estimate.outlook is None else outlook_as_json(estimate.outlook),
        "own_exponent": round(learned.mixing.own_exponent, DECIMALS),
        "neighbour_exponent": round(learned.mixing.neighbour_exponent, DECIMALS),
        "neighbours_that_vote": learned.voters,
        "wrong_share": share_as_json(learned.wrong),
        "wrong_share_of_class": [share_as_json(share) for share in estimate.wrong[:-1]],
        **_class_names_as_json(estimate),
        **_encoder_as_json(estimate, class_names, encoder),
    }


def _encoder_as_json(
    estimate: NoiseEstimate, class_names: Sequence[str], encoder: str
) -> dict[str, Any]:
    """How far the encoder can be trusted; empty where that is unknown."""
    if estimate.recognition is None:
        return {}
    strength = EncoderStrength(
        encoder=encoder,
        recognised=estimate.recognition.share,
        confused=[
            (class_names[one], class_names[other], share)
            for one, other, share in estimate.recognition.confused
        ],
        low=estimate.learned.wrong.low,
        high=estimate.learned.wrong.high,
    )
    return {"encoder": strength_as_json(strength)}


def _class_names_as_json(estimate: NoiseEstimate) -> dict[str, Any]:
    """The weights of the class names; empty without class vectors."""
    view = estimate.learned.text
    if view is None or estimate.more_right is None:
        return {}
    return {
        "text": {
            "temperature": float(f"{view.temperature:.{DECIMALS}g}"),
            "labels_exponent": round(view.exponent, DECIMALS),
            "weights": view.weights.round(DECIMALS).tolist(),
            "expected_more_right": round(estimate.more_right, 1),
        }
    }


def write_noise_transition(
    target: Path, estimate: NoiseEstimate, class_names: Sequence[str]
) -> None:
    """Write the noise transition matrix, a row per true class, and the shares of wrong labels.

    The first row, with an empty label, is over all rows and has no matrix entries.
    """
    header = ["label", "rows", "wrong_share", "wrong_share_low", "wrong_share_high"]
    rows: list[list[Any]] = [[*header, *(f"given={name}" for name in class_names)]]
    rows.append(["", *_numbers(estimate.learned.wrong), *[""] * len(class_names)])
    for name, share, chances in zip(
        class_names, estimate.wrong[:-1], estimate.transition, strict=True
    ):
        rows.append([name, *_numbers(share), *(round(float(each), DECIMALS) for each in chances)])
    _write(target, rows)


def write_annotators(target: Path, estimate: NoiseEstimate) -> None:
    """Write each annotator's estimated quality, the annotator with the most labels first."""
    rows: list[list[Any]] = [
        ["annotator", "labels", "right_share", "right_share_low", "right_share_high"]
    ]
    for one in sorted(estimate.annotators, key=lambda one: (-one.labels, one.name)):
        shares = (one.right_share, one.low, one.high)
        rows.append([one.name, one.labels, *(round(share, DECIMALS) for share in shares)])
    _write(target, rows)


def read_annotators(path: Path) -> list[AnnotatorQuality]:
    """The inverse of `write_annotators`; empty if there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [
        AnnotatorQuality(
            name=name,
            labels=int(labels),
            right_share=float(right_share),
            low=float(low),
            high=float(high),
        )
        for name, labels, right_share, low, high in rows
    ]


def _numbers(share: WrongShare) -> list[float]:
    return list(share_as_json(share).values())


def _write(target: Path, rows: list[list[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    atomic.write_text(target, text.getvalue())
