"""Where the images of a manifest are: as written, or where the one reading that fits says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labelfix.data import names
from labelfix.data.manifest import Manifest
from labelfix.data.path_search import PathSearch, Reading
from labelfix.options.manifest_options import AS_WRITTEN, AUTO, PATHS

OPTION = "--paths"
OPTIONS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class ImagePlaces:
    """A manifest whose `images` are files of the folder where they could be found.

    Attributes:
        manifest: its table is as it was.
        notes: how paths were read, if not as they are written.
        advice: what to do about the paths that are no files; empty where nothing is known.
    """

    manifest: Manifest
    notes: tuple[str, ...] = ()
    advice: str = ""


def place_images(opened: Manifest, folder: Path, paths: str = AUTO) -> ImagePlaces:
    """Find the files of a manifest's images in the image folder.

    Args:
        opened: as it was read.
        folder: the image folder.
        paths: one of `PATHS`.
    """
    if paths == AS_WRITTEN or opened.source.is_folder:
        return ImagePlaces(manifest=opened)
    search = PathSearch(opened.images, folder, Path(opened.source.path).parent)
    readings: list[Reading] = []
    if paths != AUTO:
        readings = [search.by_option(paths)]
    elif search.missed:
        readings = search.complete()
    files = dict(search.in_place)
    how = set(search.how)
    sure = [reading for reading in readings if reading.is_sure]
    is_clear = len(sure) == 1
    if is_clear:
        files.update(sure[0].files)
        how.update(sure[0].how)
    found = [files.get(image, image) for image in opened.images]
    changed = [row for row, image in enumerate(opened.images) if image != found[row]]
    notes = (_sentence(opened, found, changed, sorted(how)),) if changed else ()
    advice = ""
    if paths == AUTO and search.missed and not is_clear:
        advice = _either(search, readings, folder) if readings else _options(search)
    return ImagePlaces(manifest=replace(opened, images=found), notes=notes, advice=advice)


def _sentence(
    opened: Manifest, found: Sequence[str], changed: Sequence[int], how: Sequence[str]
) -> str:
    """How paths were read, with the first one that changed."""
    first = changed[0]
    rows = f"{len(changed):,} of {len(opened):,} rows"
    if len(changed) == len(opened):
        rows = f"all {len(opened):,} rows"
    return (
        f"the image paths of {rows} do not fit as written and are read otherwise "
        f"({', '.join(how)}): {_quoted(opened.images[first])} is {_quoted(found[first])}"
    )


def _either(search: PathSearch, readings: Sequence[Reading], folder: Path) -> str:
    """The choice between readings that all fit."""
    first = search.missed[0]
    shown = []
    for reading in readings[:OPTIONS_SHOWN]:
        way = f"{OPTION} {reading.option}"
        if reading.folder:
            way = f"the image folder {folder / names.to_text(reading.folder)}"
        shown.append(f"{way} ({_quoted(first)} is {_quoted(reading.files[first])})")
    if len(readings) == 1:
        example = _quoted(readings[0].files[first])
        return (
            f"Files in several folders have these names: write the folder before each, as in "
            f"{example}, or take {shown[0]} if all are there. "
        )
    return f"{len(readings)} readings of the paths fit; take {', or '.join(shown)}. "


def _quoted(image: str) -> str:
    """A path as a person reads it: a backslash stays one."""
    return f"'{names.plain(names.to_text(image))}'"


def _options(search: PathSearch) -> str:
    """How many of the missing paths each reading finds, the best first."""
    counts = {}
    for option in PATHS[2:]:
        files = search.by_option(option).files
        counts[option] = sum(name in files for name in search.missed)
    best = sorted(counts, key=lambda option: -counts[option])
    shown = [
        f"{OPTION} {option} finds {counts[option]:,} of {len(search.missed):,}"
        for option in best[:OPTIONS_SHOWN]
        if counts[option]
    ]
    return f"{', '.join(shown)}. " if shown else ""
