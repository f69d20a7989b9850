"""Embeddings of images that a Python caller names or holds, without a workspace."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from labelfix.errors import InputError
from labelfix.library.notebook_tables import as_table
from labelfix.library.progress_bar import shown
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress
from labelfix.runtime.threads import calm_threads

if TYPE_CHECKING:
    import pandas as pd

    from labelfix.data.manifest import Manifest

SHOWN = 10
"""Images of a table in a notebook."""


@dataclass(frozen=True)
class ImageEmbeddings:
    """A vector for each of N images, in order; an array to whoever wants one.

    Attributes:
        images: N names, relative to the image folder; numbers for images without a file.
        vectors: (N, D) float32 of length 1; NaN for an image that could not be read.
        encoder: the name of the encoder, or several joined by `, `.
        quarantined: the images that could not be read, each with its reason.
    """

    images: Sequence[str] = field(repr=False)
    vectors: npt.NDArray[np.float32] = field(repr=False)
    encoder: str
    quarantined: dict[str, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.vectors, dtype=dtype, copy=copy)

    def to_pandas(self) -> "pd.DataFrame":
        """(N, D) a row for each image, under its name."""
        import pandas as pd

        return pd.DataFrame(self.vectors, pd.Index(self.images, name="image"), copy=True)

    def _repr_html_(self) -> str:
        """A summary, and the images that could not be read."""
        summary = (
            f"{len(self):,} images, {self.vectors.shape[1]:,} values each, by {self.encoder}; "
            f"{len(self.quarantined):,} could not be read"
        )
        rows = list(self.quarantined.items())[:SHOWN]
        return as_table(summary, ["image", "reason"], rows)


def embed(
    images: str | Path | Sequence[Any],
    encoder: str | Sequence[str] = EmbedOptions.encoder,
    *,
    device: str = EmbedOptions.device,
    batch_size: int | None = EmbedOptions.batch_size,
    workers: int = EmbedOptions.workers,
    precision: str = EmbedOptions.precision,
    progress: Progress | bool | None = None,
) -> ImageEmbeddings:
    """Embed images, as `labelfix embed` does.

    Args:
        images: a folder, all of whose images are embedded in the order of their names; or a list
            of image files, of PIL images or of (H, W, 3) uint8 arrays.
        encoder: KIND[:MODEL][@WEIGHTS], such as `hog`; several make vectors side by side.
        device: `auto`, `cpu` or `cuda`.
        batch_size: images encoded at once; None takes the encoder's own.
        workers: threads that decode images; 0 takes one per core.
        precision: `auto`, `float32` or `bfloat16`.
        progress: as `LabelCleaner` has it.

    Raises:
        InputError: no image can be read, or the encoder is not usable here.
        WeightsUnavailableError: the encoder's weights cannot be had.
    """
    first, *more = [encoder] if isinstance(encoder, str) else encoder
    options = EmbedOptions(
        encoder=first,
        device=device,
        batch_size=batch_size,
        workers=workers,
        precision=precision,
        prompts="none",
        more_encoders=tuple(more),
    )
    if options.trains_encoder or any(name.startswith("precomputed") for name in options.encoders):
        raise InputError(
            f"encoder: expected one that reads images and is trained already, "
            f"found {', '.join(options.encoders)}",
            "labelfix run trains an encoder; then its file is one: simclr@FILE.",
        )
    with calm_threads(), shown(progress) as listener, _files_of(images) as (folder, names):
        return _embedded(folder, names, options, listener)


def _embedded(
    folder: Path, names: list[str] | None, options: EmbedOptions, progress: Progress
) -> ImageEmbeddings:
    from labelfix.data import embeddings, image_paths
    from labelfix.data.records import Rerun
    from labelfix.data.workspace import open_workspace
    from labelfix.embedding.one_encoder import ChosenEncoder
    from labelfix.embedding.parts import ImagesToEmbed
    from labelfix.embedding.stage import embed_images
    from labelfix.encoders.registry import EncoderSettings, parse_encoder
    from labelfix.runtime.device import resolve_device, resolve_precision

    opened = _manifest_of(folder, names)
    device = resolve_device(options.device)
    settings = EncoderSettings(device, resolve_precision(options.precision, device), opened.images)
    unique = opened.unique_images()
    stats = image_paths.stat_lines(unique, folder)
    to_embed = ImagesToEmbed(
        manifest=opened, folder=folder, names=unique, stats=stats, needs_label=False, least=1
    )
    chosen = [ChosenEncoder(parse_encoder(one.encoder), settings, one) for one in options.each()]
    with TemporaryDirectory(prefix="labelfix-") as temporary:
        workspace = open_workspace(Path(temporary) / "workspace")
        embed_images(workspace, to_embed, chosen, progress, Rerun())
        found = embeddings.load_embeddings(workspace.embeddings)
        quarantined = embeddings.load_quarantined(workspace.embeddings)
    row_of = {name: row for row, name in enumerate(found.images)}
    vectors = np.full((len(opened.images), found.vectors.shape[1]), np.nan, dtype=np.float32)
    for row, name in enumerate(opened.images):
        if name in row_of:
            vectors[row] = found.vectors[row_of[name]]
    return ImageEmbeddings(opened.images, vectors, ", ".join(options.encoders), quarantined)


def _manifest_of(folder: Path, names: list[str] | None) -> "Manifest":
    """The images of a folder, or some of them, as rows without labels."""
    from labelfix.data import class_folders, image_paths
    from labelfix.data.manifest import manifest_from_names

    if names is None:
        return class_folders.unlabelled_manifest(folder)[0]
    opened = manifest_from_names(names, [""] * len(names), folder)
    missing = image_paths.rows_without_image(opened, folder)
    if missing:
        raise InputError(
            f"images[{missing[0]}]: expected an image file, found none at "
            f"{folder / names[missing[0]]}"
        )
    return opened


@contextmanager
def _files_of(images: str | Path | Sequence[Any]) -> Iterator[tuple[Path, list[str] | None]]:
    """The folder of the images, and their names in it; None for all that it holds."""
    if isinstance(images, (str, Path)):
        yield Path(images), None
        return
    if not len(images):
        raise InputError("images: expected images, found an empty list")
    if all(isinstance(one, (str, os.PathLike)) for one in images):
        paths = [Path(one).resolve() for one in images]
        folder = Path(os.path.commonpath([path.parent for path in paths]))
        yield folder, [path.relative_to(folder).as_posix() for path in paths]
        return
    with TemporaryDirectory(prefix="labelfix-") as temporary:
        yield Path(temporary), [_write(Path(temporary), row, one) for row, one in enumerate(images)]


def _write(folder: Path, row: int, image: Any) -> str:
    """Keep an image as a file without loss, named by its row."""
    from PIL import Image

    if not isinstance(image, Image.Image):
        pixels = np.asarray(image)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
            raise InputError(
                f"images[{row}]: expected a file, a PIL image or an (H, W, 3) uint8 array, found "
                f"{type(image).__name__} of shape {pixels.shape} and type {pixels.dtype}"
            )
        image = Image.fromarray(pixels)
    name = f"{row}.png"
    image.save(folder / name)
    return name
