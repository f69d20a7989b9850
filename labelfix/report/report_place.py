"""Where a report goes: a page, and the folder beside it that a larger report needs."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labelfix.errors import OutputError
from labelfix.runtime import atomic

PAGE_SUFFIXES = (".html", ".htm")
MARK = "labelfix-report.txt"
"""A file that tells our folders from a user's, which are never replaced."""


@dataclass(frozen=True)
class ReportPlace:
    """The files of a report.

    Attributes:
        page: the file to open.
        is_folder: whether a folder was asked for, and not a single file.
    """

    page: Path
    is_folder: bool = False

    @property
    def folder(self) -> Path:
        """The folder of pages and images beside the page."""
        return self.page.with_name(f"{self.page.stem}_files")

    def check(self) -> None:
        """See that no other folder stands where the report's goes.

        Raises:
            OutputError: one does.
        """
        if self.folder.exists() and not (self.folder / MARK).is_file():
            found = "folder" if self.folder.is_dir() else "file"
            other = self.page.with_stem(f"{self.page.stem}-2").name
            raise OutputError(
                f"{self.folder}: expected no such folder, or one of an earlier report, for the "
                f"report's pages and images, found another {found}",
                f"Name another page, for example {other}.",
            )

    @contextmanager
    def new_folder(self) -> Iterator[Path]:
        """An empty folder that takes the old one's place when the block succeeds.

        Raises:
            OutputError: it cannot be written.
        """
        temporary: Path | None = None
        try:
            self.page.parent.mkdir(parents=True, exist_ok=True)
            mark = f"{self.folder.name}{atomic.TEMPORARY_MARK}"
            temporary = Path(tempfile.mkdtemp(prefix=mark, dir=self.page.parent))
            temporary.chmod(0o755)
            (temporary / MARK).write_text(
                f"Pages and images of {self.page.name}; labelfix writes them again.\n",
                encoding="utf-8",
            )
            yield temporary
            self.remove_folder()
            temporary.replace(self.folder)
        except OSError as error:
            raise OutputError(
                f"{self.folder} could not be written: {error.strerror or error}",
                "Free some space or name a place that you may write to, then run the command "
                "again; --single-file needs 5 MB at most.",
            ) from error
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)

    def remove_folder(self) -> None:
        """Remove the folder of an earlier report, which this one replaces."""
        if (self.folder / MARK).is_file():
            shutil.rmtree(self.folder)


def place_of(target: Path) -> ReportPlace:
    """The place that a user names: a page, or a folder for `index.html`."""
    if target.suffix.lower() in PAGE_SUFFIXES and not target.is_dir():
        return ReportPlace(target)
    return ReportPlace(target / "index.html", is_folder=True)
