"""With few images, and a weak encoder at that: is a data set ever worse after than before?

    python benchmarks/few_images.py --data DATA

Tiles of twelve pictures (`tiles.py`, 9.6 % wrong labels, `hog`), in sizes and seeds; the sample's
digits (20 % wrong, `hog`); the first rows of CIFAR-10N with people's labels, PMD noise and made
noise. Beside it cleanlab's confident learning, as in `peers.py`. "Before" must never be better.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from measuring import save
from peers import cleanlab
from PIL import Image
from tiles import cut_tiles

import labelfix

SAMPLE = Path(__file__).parents[1] / "sample_data"
TILE_SETS = ((40, 85, 0), (40, 85, 1), (40, 85, 2), (64, 85, 0), (64, 85, 1), (80, 85, 0))
PARTS = (60, 150, 300)
"""First images of a set of tiles."""
CIFAR_ROWS = (300, 1000, 3000)
Labelled = tuple[str, npt.NDArray[np.float32], npt.NDArray[np.str_], npt.NDArray[np.str_]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="CIFAR-10N's folder; without it, tiles and digits"
    )
    parser.add_argument("--only", default="", help="sets whose names begin like this")
    arguments = parser.parse_args()
    figures = []
    print(
        f"{'set':28}{'rows':>6}{'before':>8}{'labelfix':>9}{'cleanlab':>9}{'wrong':>7}{'est.':>7}"
    )
    for name, vectors, true, given in sets(arguments.data):
        if not name.startswith(arguments.only):
            continue
        found = measured(vectors, true, given)
        figures.append({"set": name, **found})
        print(
            f"{name:28}{found['rows']:6}{found['before']:8.1%}{found['labelfix']:9.1%}"
            f"{found['cleanlab']:9.1%}{found['wrong']:7.1%}{found['estimate']:7.1%}",
            flush=True,
        )
    worse = [each["set"] for each in figures if each["labelfix"] < each["before"]]
    print(f"{len(figures)} sets; worse after than before: {', '.join(worse) or 'none'}")
    if not arguments.only:
        save("few_images", {"sets": figures, "worse": worse})


def sets(data: Path | None) -> Iterator[Labelled]:
    """Name, embeddings, true and given labels of each set."""
    for tile, per_class, seed in TILE_SETS:
        tiles = cut_tiles(per_class, seed, tile)
        vectors = embedded(tiles.pixels)
        true, given = np.array(tiles.true), np.array(tiles.given)
        for rows in (*PARTS, len(true)):
            yield f"tiles {tile} px, seed {seed}", vectors[:rows], true[:rows], given[:rows]
    digits = labelfix.embed(SAMPLE / "images", encoder="hog").vectors
    labels = [
        read(SAMPLE / name).iloc[:, 1].to_numpy(str) for name in ("truth.csv", "manifest.csv")
    ]
    for rows in (200, 600, len(labels[0])):
        yield "digits", digits[:rows], labels[0][:rows], labels[1][:rows]
    if data is not None:
        yield from cifar(data)


def cifar(data: Path) -> Iterator[Labelled]:
    """The first rows of both encoders, with five kinds of noise and without."""
    table = read(data / "train_labels.csv")
    for encoder in ("mobilenetv2", "lite0"):
        vectors = np.load(data / f"{encoder}_train.npy").astype(np.float32)
        for rows in CIFAR_ROWS:
            true = table["true_label"].to_numpy(str)[:rows]
            given = {name: table[f"{name}_label"].to_numpy(str) for name in WITH_LABELS}
            for name, labels in (given | made(true)).items():
                yield f"{encoder}, {name}", vectors[:rows], true, labels[:rows]


WITH_LABELS = ("worse", "aggre", "pmd35")


def made(true: npt.NDArray[np.str_]) -> dict[str, npt.NDArray[np.str_]]:
    """Even 20 % of wrong labels, 30 % of the next class, and none."""
    random = np.random.default_rng(0)
    names, classes = np.unique(true, return_inverse=True)
    drawn = random.random(len(true))
    even = np.where(drawn < 0.2, classes + random.integers(1, len(names), len(true)), classes)
    pair = np.where(drawn < 0.3, classes + 1, classes)
    return {
        "even 20 %": names[even % len(names)],
        "pair 30 %": names[pair % len(names)],
        "all right": true,
    }


def measured(
    vectors: npt.NDArray[np.float32], true: npt.NDArray[np.str_], given: npt.NDArray[np.str_]
) -> dict[str, float]:
    """Right labels before and after, and how many are wrong against how many are taken to be."""
    found = labelfix.correct_labels(vectors, given)
    names, classes = np.unique(given, return_inverse=True)
    theirs = names[cleanlab(vectors, classes).labels]
    return {
        "rows": len(true),
        "before": float((given == true).mean()),
        "labelfix": float((np.asarray(found.label) == true).mean()),
        "cleanlab": float((theirs == true).mean()),
        "wrong": float((given != true).mean()),
        "estimate": float(1 - np.mean(found.self_confidence)),
    }


def embedded(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    with tempfile.TemporaryDirectory() as folder:
        for number, each in enumerate(pixels):
            Image.fromarray(each).save(f"{folder}/{number:05d}.png")
        return labelfix.embed(folder, encoder="hog").vectors


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


if __name__ == "__main__":
    main()
