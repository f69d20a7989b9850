"""Small batches that need no model, and texts that try to be more than text."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelfix.check.finding import Finding
from labelfix.data import names
from labelfix.data.corrections import Corrections
from labelfix.data.manifest import Manifest, manifest_from_names
from labelfix.data.neighbours import Neighbours
from labelfix.data.shares import WrongShare
from labelfix.judging.batch import Batch, BatchNoise, KnownImages

SCRIPT = "window.marker='changed'"


@pytest.fixture(scope="session")
def hostile_texts() -> list[str]:
    """50 texts, none of which may do anything but stand there."""
    texts = [
        f"<script>{SCRIPT}</script>",
        f"</script><script>{SCRIPT}</script>",
        f"<img src=x onerror={SCRIPT}>",
        f'"><img src=x onerror={SCRIPT}>',
        f"'><svg onload={SCRIPT}>",
        f"<svg><script>{SCRIPT}</script></svg>",
        f"<iframe srcdoc='<script>parent.{SCRIPT}</script>'>",
        "<iframe src=javascript:alert(1)>",
        f"<body onload={SCRIPT}>",
        f"<details open ontoggle={SCRIPT}>",
        f"<input autofocus onfocus={SCRIPT}>",
        f'<a href="javascript:{SCRIPT}">x</a>',
        "<style>body{display:none}</style>",
        "</style><script>alert(1)</script>",
        "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
        "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
        "<base href=http://127.0.0.1:9/>",
        "<form action=http://127.0.0.1:9/><button autofocus>x</button></form>",
        "<object data=http://127.0.0.1:9/></object>",
        "<embed src=http://127.0.0.1:9/>",
        "<video src=http://127.0.0.1:9/x onerror=alert(1)>",
        "<math><mtext></title><img src=x onerror=alert(1)>",
        "</title><script>alert(1)</script>",
        "</select><script>alert(1)</script>",
        "</option></select><img src=x onerror=alert(1)>",
        "</textarea><script>alert(1)</script>",
        "<!--><script>alert(1)</script>",
        "--><script>alert(1)</script>",
        "]]><script>alert(1)</script>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<template><script>alert(1)</script></template>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        '" autofocus onfocus=alert(1) x="',
        "' onmouseover='alert(1)",
        "` onmouseover=`alert(1)",
        "{{ 7 * 7 }}",
        "{% for x in ().__class__.__bases__ %}{% endfor %}",
        "${alert(1)}",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "\\u003cscript\\u003ealert(1)",
        "a\nb\r\nc\td",
        "\x1b[31mred\x1b[0m\x07",
        "\u202egnp.exe\u2066",
        "[red]x[/red] ::error:: | `code`",
        "\udcff alone",
        "x" * 10_000,
    ]
    assert len(texts) == len(set(texts)) == 50
    return texts


@pytest.fixture(scope="session")
def make_batch() -> Callable[..., Batch]:
    return build_batch


def build_batch(
    folder: Path,
    given: Sequence[str],
    suggested: Sequence[str] | None = None,
    *,
    images: Sequence[str] | None = None,
    confidence: Sequence[float] | None = None,
    nearest: Sequence[Sequence[int]] | None = None,
    manifest: Manifest | None = None,
    noise: BatchNoise | None = None,
    k: int = 3,
) -> Batch:
    """A batch of R rows with an image each; a label is wrong where another one is suggested.

    Args:
        folder: the image folder; nothing is written to it.
        given: R labels.
        suggested: R labels; None suggests the given ones.
        images: R names; None takes `0.png`, `1.png` and so on.
        confidence: R probabilities that the label now is right.
        nearest: (R, K) the images nearest to each; None takes the ones that follow.
        manifest: of the rows; None makes one.
        noise: None knows the share of wrong labels alone.
        k: K, where the nearest are not given.
    """
    rows = len(given)
    images = [f"{row}.png" for row in range(rows)] if images is None else list(images)
    suggested = given if suggested is None else suggested
    before, after = np.array(given, dtype=object), np.array(suggested, dtype=object)
    is_wrong = before != after
    sure = np.full(rows, 0.9) if confidence is None else np.array(confidence, dtype=np.float64)
    corrections = Corrections(
        label=after,
        given_label=before,
        suggested_label=after,
        confidence=sure,
        self_confidence=np.where(is_wrong, 1 - sure, sure),
        neighbour_agreement=np.full(rows, 0.5),
        action=np.where(is_wrong, "relabel", "keep").astype(object),
        reason=np.full(rows, "", dtype=object),
        review_rank=np.zeros(rows, dtype=np.int64),
        second_label=np.where(is_wrong, before, None),
        second_confidence=np.where(is_wrong, 1 - sure, np.nan),
        question_value=np.zeros(rows),
    )
    if nearest is None:
        indices = (np.arange(rows)[:, None] + 1 + np.arange(min(k, rows - 1))) % rows
    else:
        indices = np.array(nearest, dtype=np.int64)
    similarities = np.broadcast_to(
        (0.95 - 0.05 * np.arange(indices.shape[1])).astype(np.float32), indices.shape
    )
    share = float(is_wrong.mean())
    return Batch(
        manifest=replace(
            manifest or manifest_from_names(images, list(given), folder),
            lines=[row + 2 for row in range(rows)],
        ),
        corrections=corrections,
        row_images=np.arange(rows),
        images=KnownImages(images, list(given), ["hash"] * rows, None, folder),
        within=Neighbours(indices, similarities),
        support={},
        noise=noise
        or BatchNoise(
            WrongShare(rows=rows, share=share, low=share / 2, high=min(1.0, share * 1.5))
        ),
    )


@pytest.fixture(scope="session")
def wrong_labels() -> Callable[[Batch], list[Finding]]:
    return find_wrong_labels


def find_wrong_labels(batch: Batch) -> list[Finding]:
    """A `wrong-label` finding for every row whose label was changed."""
    corrections = batch.corrections
    return [
        Finding(
            rule="wrong-label",
            level="error",
            message=f"labelled {corrections.given_label[row]!r}",
            image=names.to_text(batch.manifest.images[row]),
            row=row + 1,
            line=row + 2,
            given_label=corrections.given_label[row],
            suggested_label=corrections.suggested_label[row],
            confidence=float(1 - corrections.self_confidence[row]),
            content_hash="hash",
        )
        for row in np.flatnonzero(corrections.action == "relabel").tolist()
    ]


@pytest.fixture(scope="session")
def write_pictures() -> Callable[..., None]:
    return write_noise_pictures


def write_noise_pictures(
    folder: Path, images: Sequence[str], size: tuple[int, int] = (40, 30), exif_text: str = ""
) -> None:
    """Images of random colours, with a text among their metadata."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[270] = exif_text  # ImageDescription
    for name in images:
        pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        path = os.path.join(folder, name)  # noqa: PTH118 (names that pathlib would take apart)
        Image.fromarray(pixels).save(path, "PNG", exif=exif)
