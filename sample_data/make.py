"""Make the sample data: 1,797 handwritten digits, a fifth of them labelled wrongly on purpose.

    python sample_data/make.py [--out DIR]

Needs scikit-learn, numpy and pillow; the digits come with scikit-learn, so nothing is downloaded.
"""

import argparse
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

SEED = 20260101
WRONG_FRACTION = 0.20
CLASS_COUNT = 10
INK_MAX = 16  # the data set counts the inked pixels of each 4x4 block

# LOOK_ALIKES[digit] is the digit that a hasty reader would take it for.
LOOK_ALIKES = (6, 7, 7, 8, 9, 6, 0, 1, 3, 4)


def spoil_labels(
    true_labels: NDArray[np.int64], wrong_fraction: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return a copy of the labels in which a fraction is wrong.

    Half of the wrong labels (one more where their number is odd) are the digit's look-alike, the
    others are drawn uniformly from the nine other digits.

    Args:
        true_labels: (N,) int64, in [0, 9].
        wrong_fraction: in [0, 1]; round(wrong_fraction * N) labels become wrong.
        rng: the source of chance.

    Returns:
        (N,) int64, in [0, 9].
    """
    wrong_count = round(wrong_fraction * len(true_labels))
    look_alike_count = (wrong_count + 1) // 2
    rows = rng.permutation(len(true_labels))[:wrong_count]
    look_alike_rows, uniform_rows = rows[:look_alike_count], rows[look_alike_count:]

    labels = true_labels.copy()
    labels[look_alike_rows] = np.array(LOOK_ALIKES)[true_labels[look_alike_rows]]
    # A step of 1 to 9 around the circle of ten digits never comes back to the true one.
    steps = rng.integers(1, CLASS_COUNT, size=len(uniform_rows))
    labels[uniform_rows] = (true_labels[uniform_rows] + steps) % CLASS_COUNT
    return labels


def to_grey(ink: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Scale ink counts to grey levels, 0 to black and 16 to white, halves rounded up.

    Args:
        ink: (N, 8, 8) float64, whole numbers in [0, 16].

    Returns:
        (N, 8, 8) uint8, in [0, 255].
    """
    # Whole numbers throughout, so that no machine's rounding shows in the pixels.
    return ((ink.astype(np.int64) * 255 + INK_MAX // 2) // INK_MAX).astype(np.uint8)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a greyscale image, (8, 8) uint8, as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", optimize=True, compress_level=9)
    return buffer.getvalue()


def encode_csv(label_column: str, images: Iterable[str], labels: Iterable[int]) -> bytes:
    """Return a table of image names and labels as the bytes of a CSV file."""
    rows = [f"{image},{label}\n" for image, label in zip(images, labels, strict=True)]
    return "".join([f"image,{label_column}\n", *rows]).encode()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def make(out: Path) -> int:
    """Write images/, truth.csv and manifest.csv to a folder; return the number of wrong labels."""
    ink, target = load_digits(return_X_y=True)
    true_labels = target.astype(np.int64)  # (N,)
    labels = spoil_labels(true_labels, WRONG_FRACTION, np.random.default_rng(SEED))
    grey = to_grey(ink.reshape(-1, 8, 8))
    images = [f"{row:04d}.png" for row in range(len(grey))]

    (out / "images").mkdir(parents=True, exist_ok=True)
    # Written plainly: 1,797 fsyncs cost seconds, and a second run mends a run cut short.
    for image, pixels in zip(images, grey, strict=True):
        (out / "images" / image).write_bytes(encode_png(pixels))
    write_whole(out / "truth.csv", encode_csv("true_label", images, true_labels.tolist()))
    write_whole(out / "manifest.csv", encode_csv("label", images, labels.tolist()))
    return int((labels != true_labels).sum())


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and make the sample data."""
    parser = argparse.ArgumentParser(description="Make the sample data.")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parent,
        help="folder to write to (default: the script's own)",
    )
    out: Path = parser.parse_args(arguments).out
    if out.exists() and not out.is_dir():
        parser.error(f"--out must be a folder, but {out} is a file; name another with --out DIR")
    wrong_count = make(out)
    print(f"{out}: images/, truth.csv and manifest.csv, in which {wrong_count} labels are wrong")


if __name__ == "__main__":
    main()
