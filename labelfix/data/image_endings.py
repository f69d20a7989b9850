"""Which files are images, by their names."""

IMAGE_SUFFIXES = frozenset(
    [
        ".apng",
        ".avif",
        ".bmp",
        ".dib",
        ".gif",
        ".heic",
        ".heif",
        ".jfif",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".jp2",
        ".pbm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".svg",
        ".tif",
        ".tiff",
        ".webp",
    ]
)
"""Files of a class folder with these endings are rows; the content decides what they are."""

IGNORED_NAMES = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"})
"""What macOS and Windows leave in folders, in lower case."""


def is_ignored(name: str) -> bool:
    """Whether a file or folder is hidden or left there by an operating system.

    Args:
        name: without the folders that it is in.
    """
    return name.startswith(".") or name.lower() in IGNORED_NAMES
