"""A stand-in for the queue and the progress, until their modules are there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labelfix.judging.batch import Batch
from labelfix.review.question_choice import Candidate, candidates_of, choose_questions


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Another image beside the one in question."""

    row: int
    label: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """A row to decide on."""

    row: int
    image: str
    content_hash: str
    given_label: str
    candidates: Sequence[Candidate]
    neighbours: Sequence[Peer] = field(repr=False)
    copies: Sequence[Peer] = field(repr=False)
    annotators: Sequence[tuple[str, str]]
    reason: str
    chance: float | None
    wrong_probability: float | None


class Queue:
    """All rows in the order of their worth."""

    def __init__(self, batch: Batch, budget: int, seed: int) -> None:
        self.batch = batch
        asked = choose_questions(batch.manifest.images, batch.corrections, budget, seed=seed)
        self.chances = {one.row: one.chance for one in asked}
        wrong = 1 - np.nan_to_num(batch.corrections.self_confidence, nan=1.0)
        order = [one.row for one in asked]
        seen = set(order)
        order += [row for row in np.argsort(-wrong, kind="stable").tolist() if row not in seen]
        self.order = [row for row in order if batch.row_images[row] >= 0]
        self.row_of_image = {int(image): row for row, image in enumerate(batch.row_images.tolist())}

    def row(self, row: int) -> QueueRow:
        batch, corrections = self.batch, self.batch.corrections
        image = int(batch.row_images[row])
        near = zip(
            batch.within.indices[image].tolist(),
            batch.within.similarities[image].tolist(),
            strict=True,
        )
        peers = [
            Peer(
                row=self.row_of_image[other],
                label=batch.images.labels[other],
                similarity=similarity,
            )
            for other, similarity in near
        ]
        sure = corrections.self_confidence[row]
        return QueueRow(
            row=row,
            image=batch.manifest.images[row],
            content_hash=batch.images.content_hashes[image],
            given_label=str(corrections.given_label[row] or ""),
            candidates=candidates_of(corrections, row),
            neighbours=peers,
            copies=[peer for peer in peers if peer.similarity > 0.99],
            annotators=(),
            reason=f"{corrections.neighbour_agreement[row]:.0%} of its nearest images agree.",
            chance=self.chances.get(row),
            wrong_probability=None if np.isnan(sure) else float(1 - sure),
        )


def progress(queue: Queue, done: int) -> dict[str, Any]:
    """Numbers."""
    return {"done": done, "budget": len(queue.chances)}
