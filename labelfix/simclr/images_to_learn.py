"""What an encoder is trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ImagesToLearn:
    """The images that an encoder is trained on.

    Attributes:
        names: relative to the folder, each once.
        folder: the image folder.
        stats: what tells of each image whether it has changed, as `image_paths.stat_lines` does.
    """

    names: Sequence[str] = field(repr=False)
    folder: Path
    stats: Sequence[str] = field(repr=False)
