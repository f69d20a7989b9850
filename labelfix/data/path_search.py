"""Files for image paths that do not fit as they are written: every reading is tried on all."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from labelfix.data.folder_files import ANY_CASE, EXACT, MATCHES, FolderFiles, Match
from labelfix.data.image_paths import path_inside, why_unsafe
from labelfix.data.path_forms import PathForm, forms_of
from labelfix.options import manifest_options as options

LEAST_MOVED = 3
"""Fewer paths that miss beside others that fit are missing files rather than a moved folder."""

Find = Callable[[PathForm, Match], list[str]]
"""The files that a form of a path can be in one reading; exactly one is a hit."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One way to read paths.

    Attributes:
        files: the file of each path that it finds, by the path as written.
        option: what `--paths` calls it.
        how: what it does with a path, for a sentence.
        folder: where it looks below the image folder; empty for the folder itself.
        is_sure: whether no file elsewhere has the same mere name, where paths are mere names.
    """

    files: Mapping[str, str] = field(repr=False)
    option: str
    how: tuple[str, ...]
    folder: str = ""
    is_sure: bool = True


class PathSearch:
    """The files behind some written paths.

    Attributes:
        in_place: the paths that are files as they stand, or once slashes, URLs, `%20` and the
            folder's own absolute path are understood: path to file.
        how: what was understood so.
        missed: all others, in order, without repeats.
    """

    def __init__(self, written: Sequence[str], folder: Path, beside: Path | None) -> None:
        """Look for the paths as they stand.

        Args:
            written: as the user wrote them.
            folder: the image folder.
            beside: the folder of the manifest, if it is a file.
        """
        self._folder = folder
        self._roots = list(dict.fromkeys([os.path.abspath(folder), os.path.realpath(folder)]))  # noqa: PTH100
        self._beside = None if beside is None else os.path.abspath(beside)  # noqa: PTH100
        self._forms: dict[str, list[PathForm]] = {}
        self.in_place: dict[str, str] = {}
        self.how: set[str] = set()
        for name in dict.fromkeys(written):
            file = self._where_it_says(name)
            if file is not None:
                self.in_place[name] = file
        self.missed = [name for name in self._forms if name not in self.in_place]

    @cached_property
    def files(self) -> FolderFiles:
        """The files of the image folder."""
        return FolderFiles(self._folder)

    def complete(self) -> list[Reading]:
        """The readings that find a file for every path that missed, each another set of files.

        A file belongs to one path alone, and to none if another path names it as it stands.
        """
        found: dict[tuple[str, ...], Reading] = {}
        if self.missed and all(self._forms[name] for name in self.missed):
            for reading in self._readings():
                found.setdefault(tuple(reading.files[name] for name in self.missed), reading)
        return list(found.values())

    def by_option(self, option: str) -> Reading:
        """What `--paths` finds, path by path: of all for `relative-to-manifest`, else of missed."""
        of_all = option == options.RELATIVE_TO_MANIFEST
        names = [*self.in_place, *self.missed] if of_all else self.missed
        finds = {
            options.RELATIVE_TO_MANIFEST: self._manifest,
            options.MOVED_PREFIX: self._longest_end,
            options.BY_NAME: self._by_name,
        }
        find = finds.get(option, self._here)
        matches = MATCHES[:2] if option == options.ANY_CASE else MATCHES
        files: dict[str, str] = {}
        how = {_HOW[option]}
        for name in names:
            hit = self._hit(name, find, matches)
            if hit is not None:
                files[name], more = hit
                how.update(more)
        return Reading(files=files, option=option, how=tuple(sorted(how)))

    def _where_it_says(self, name: str) -> str | None:
        if not why_unsafe(name) and os.path.lexists(os.path.join(self._folder, name)):  # noqa: PTH118
            return name
        self._forms[name] = forms_of(name)
        for form in self._forms[name]:
            file = self._below_root(form.absolute) if form.absolute else _inside(form)
            if not file or not os.path.lexists(os.path.join(self._folder, file)):  # noqa: PTH118
                continue
            if path_inside(self._folder, file) is not None:
                self.how.update(form.how)
                if form.absolute:
                    self.how.add("relative to the image folder")
                return file
        return None

    def _below_root(self, absolute: str) -> str | None:
        """An absolute path relative to the image folder; None if it is outside."""
        for root in self._roots:
            if absolute.startswith(root.rstrip(os.sep) + os.sep):
                return os.path.relpath(absolute, root).replace(os.sep, "/")
        return None

    def _readings(self) -> Iterator[Reading]:
        for match in MATCHES[1:]:
            option = options.ANY_CASE if match == ANY_CASE else options.ANY_ENDING
            yield from self._of_all(self._here, [match], option)
        yield from self._of_all(self._manifest, MATCHES, options.RELATIVE_TO_MANIFEST)
        for prefix, start in self._prefixes():
            left_out = (f"without {start!r}",) if start else ()
            if start:
                find = _below(self.files, prefix, "")
                yield from self._of_all(find, MATCHES, options.MOVED_PREFIX, left_out)
            for match in MATCHES:
                for folder in self._folders_for(prefix, match):
                    how = (*left_out, f"below {folder + '/'!r}")
                    find = _below(self.files, prefix, folder)
                    yield from self._of_all(find, [match], options.MOVED_PREFIX, how, folder)
        if all(len(forms[-1].parts) == 1 for forms in map(self._forms.get, self.missed) if forms):
            yield from self._of_all(self._by_name, MATCHES, options.BY_NAME)

    def _of_all(
        self,
        find: Find,
        matches: Sequence[Match],
        option: str,
        how: Sequence[str] = (),
        folder: str = "",
    ) -> Iterator[Reading]:
        """The reading by the strictest match that finds every path that missed, if one does."""
        for match in matches:
            files: dict[str, str] = {}
            done = {*how} or {_HOW[option]}
            for name in self.missed:
                hit = self._hit(name, find, [match])
                if hit is None:
                    break
                files[name], more = hit
                done.update(more)
            else:
                taken = set() if find == self._manifest and match == EXACT else self._taken
                if len(set(files.values()) - taken) == len(files):
                    is_sure = not folder or self._are_only(files, folder, match)
                    about = Reading(files=files, option=option, how=tuple(sorted(done)))
                    yield replace(about, folder=folder, is_sure=is_sure)
                return

    def _are_only(self, files: Mapping[str, str], folder: str, match: Match) -> bool:
        """Whether no file outside a folder has the mere name of one that was found in it."""
        rests = (file.removeprefix(f"{folder}/") for file in files.values())
        return all("/" in rest or len(self.files.ending_in(rest, match)) == 1 for rest in rests)

    @cached_property
    def _taken(self) -> set[str]:
        return set(self.in_place.values())

    def _hit(
        self, name: str, find: Find, matches: Sequence[Match]
    ) -> tuple[str, Sequence[str]] | None:
        """The only file that a path can be, and how it was read."""
        for match in matches:
            for form in self._forms.get(name) or forms_of(name):
                found = find(form, match)
                if len(found) == 1:
                    return found[0], (*form.how, *_loosely(match))
                if found:
                    return None
        return None

    def _prefixes(self) -> Iterator[tuple[list[str], str]]:
        """What all missed paths begin with and may have been moved, from nothing to all folders.

        Nothing is taken off that a path which fits begins with. Few paths that miss beside others
        that fit are missing rather than moved, unless they are absolute.
        """
        last = [self._forms[name][-1] for name in self.missed]
        roots = {form.root for form in last}
        if len(roots) > 1:
            return
        root = roots.pop()
        yield [], root
        if not root and self.in_place and len(last) < LEAST_MOVED:
            return
        folders = [form.parts[:-1] for form in last]
        pairs = zip(min(folders), max(folders), strict=False)
        common = [one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)]
        fitting = [name.split("/") for name in self.in_place]
        for length in range(1, len(common) + 1):
            prefix = common[:length]
            if root or not any(parts[:length] == prefix for parts in fitting):
                yield prefix, f"{root}{'/'.join(prefix)}/"

    def _folders_for(self, prefix: list[str], match: Match) -> list[str]:
        """The folders below which the first missed path is a file, once its prefix is off."""
        form = self._forms[self.missed[0]][-1]
        rest = "/".join(form.parts[len(prefix) :])
        found = [_folder_before(name, rest) for name in self.files.ending_in(rest, match)]
        return sorted({folder for folder in found if folder})

    def _here(self, form: PathForm, match: Match) -> list[str]:
        file = _inside(form)
        return self.files.at(file, match) if file else []

    def _manifest(self, form: PathForm, match: Match) -> list[str]:
        if self._beside is None or form.root:
            return []
        absolute = os.path.normpath(os.path.join(self._beside, form.path))  # noqa: PTH118
        file = self._below_root(absolute) or self._below_root(os.path.realpath(absolute))
        return self.files.at(file, match) if file else []

    def _longest_end(self, form: PathForm, match: Match) -> list[str]:
        """The files that the longest end of a path can be; a mere name is looked for on top."""
        for start in range(len(form.parts)):
            rest = "/".join(form.parts[start:])
            is_name = start == len(form.parts) - 1
            find = self.files.at if is_name else self.files.ending_in
            found = find(rest, match)
            if found:
                return found
        return []

    def _by_name(self, form: PathForm, match: Match) -> list[str]:
        return self.files.ending_in(form.parts[-1], match)


_HOW = {
    options.RELATIVE_TO_MANIFEST: "relative to the manifest",
    options.MOVED_PREFIX: "by the longest end of the path that is a file",
    options.BY_NAME: "by name, in whatever folder",
    options.ANY_CASE: "in any case",
    options.ANY_ENDING: "with any ending of the format",
}


def _loosely(match: Match) -> tuple[str, ...]:
    case = (_HOW[options.ANY_CASE],) if match.any_case else ()
    return (*case, _HOW[options.ANY_ENDING]) if match.any_ending else case


def _inside(form: PathForm) -> str | None:
    """A relative path that stays inside the folder."""
    return None if form.root or form.parts[0] == ".." else form.path


def _below(files: FolderFiles, prefix: Sequence[str], folder: str) -> Find:
    """The files of a folder whose path in it is the form's, without a prefix."""

    def find(form: PathForm, match: Match) -> list[str]:
        if form.parts[: len(prefix)] != [*prefix]:
            return []
        rest = "/".join(form.parts[len(prefix) :])
        return files.at(f"{folder}/{rest}" if folder else rest, match)

    return find


def _folder_before(name: str, rest: str) -> str:
    """The folder of a file whose path ends in another path."""
    parts = name.split("/")
    return "/".join(parts[: len(parts) - len(rest.split("/"))])
