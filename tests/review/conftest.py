"""Corrections and batches that need no model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelfix.data.corrections import Corrections
from labelfix.data.manifest import manifest_from_names
from labelfix.data.neighbours import Neighbours
from labelfix.judging.batch import Batch, BatchNoise, KnownImages


def texts(values) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.fixture(scope="session")
def corrections_of() -> Callable[..., Corrections]:
    return build_corrections


def build_corrections(given, **columns) -> Corrections:
    """Corrections that keep each of R given labels, but for the columns that are named."""
    rows = len(given)
    kept = {
        "label": given,
        "given_label": given,
        "suggested_label": given,
        "confidence": [0.8] * rows,
        "self_confidence": [0.8] * rows,
        "neighbour_agreement": [0.5] * rows,
        "action": ["keep"] * rows,
        "reason": [""] * rows,
        "review_rank": [0] * rows,
        "second_label": ["owl"] * rows,
        "second_confidence": [0.15] * rows,
        "question_value": [0.1] * rows,
        **columns,
    }
    as_array = {
        name: texts(values) if isinstance(values[0], str | None) else np.array(values)
        for name, values in kept.items()
    }
    return Corrections(**as_array)


@pytest.fixture
def batch_of(tmp_path) -> Callable[..., Batch]:
    """Make a batch of rows with an image each, 16 px wide, in the folder of the test."""

    def build(given, *, images=None, written=True, reference=None, **columns) -> Batch:
        rows = len(given)
        images = images or [f"{row}.png" for row in range(rows)]
        for row, name in enumerate(images if written else ()):
            Image.new("RGB", (16, 16), (20 * row, 90, 10)).save(Path(tmp_path, name), "PNG")
        indices = (np.arange(rows)[:, None] + np.array([1, 2])) % rows
        return Batch(
            manifest=manifest_from_names(images, list(given), tmp_path),
            corrections=build_corrections(given, **columns),
            row_images=np.arange(rows),
            images=KnownImages(
                names=images,
                labels=list(given),
                content_hashes=["hash"] * rows,
                splits=None,
                folder=tmp_path,
            ),
            within=Neighbours(indices, np.full(indices.shape, 0.75, dtype=np.float32)),
            support={},
            noise=BatchNoise(overall=None),
        )

    return build
