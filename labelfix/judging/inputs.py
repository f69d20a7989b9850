"""What the user gave of a batch."""

from dataclasses import dataclass, field
from pathlib import Path

from labelfix.options.manifest_options import ManifestOptions


@dataclass(frozen=True)
class BatchInputs:
    """The images and the labels of a batch.

    Attributes:
        images: the image folder.
        manifest: None takes each folder below the image folder for a class.
        embeddings: files of vectors, where those of the reference came from files: one for each
            encoder that is a file, in their order.
        options: how the manifest is read.
        split_column: as `RuleOptions` has it.
        audited: files of what persons have said of the images.
    """

    images: Path
    manifest: Path | None = None
    embeddings: tuple[Path, ...] = ()
    options: ManifestOptions = field(default_factory=ManifestOptions)
    split_column: str | None = None
    audited: tuple[Path, ...] = ()
