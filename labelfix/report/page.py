"""The report: one self-contained HTML file, or a page with a folder of pages and images beside."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labelfix.report.contents import ReportContents
from labelfix.report.folder_form import write_folder
from labelfix.report.page_maker import PageMaker
from labelfix.report.report_place import ReportPlace, place_of
from labelfix.report.single_file import SinglePage, make_single_page
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress, Silent


@dataclass(frozen=True, kw_only=True)
class WrittenReport:
    """What was written, and what not.

    Attributes:
        page: the file to open.
        bytes: its size.
        folder: the folder of pages and images beside it; None for a single file.
        findings: how many have a card.
        left_out: how many findings of each rule a single file has no room for.
    """

    page: Path
    bytes: int
    folder: Path | None = None
    findings: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def remarks(self) -> list[str]:
        """Sentences on the form that the report took, for the terminal."""
        lines = []
        if self.folder is not None:
            lines.append(
                f"the report is larger than one file: {self.page.name} needs the folder "
                f"{self.folder.name} beside it (--single-file keeps to one file)"
            )
        if self.left_out:
            rules = ", ".join(f"{number:,} {rule}" for rule, number in self.left_out.items())
            lines.append(
                f"{sum(self.left_out.values()):,} findings have no room in one file: {rules}; "
                "the uncertain ones are the last to be left out (without --single-file the report "
                "has all)"
            )
        return lines


def write_report(
    target: Path, contents: ReportContents, progress: Progress | None = None
) -> WrittenReport:
    """Write the report: one file if everything fits, else a page with a folder beside it.

    Args:
        target: `.html`, or a folder for `index.html`, which gets a folder beside it in any case.
        contents: of the report.
        progress: shows the progress of reading images.

    Raises:
        OutputError: a file cannot be written, or another folder stands where the report's would.
    """
    progress = progress or Silent()
    place = place_of(target)
    place.check()
    maker = PageMaker(contents)
    must_fit = contents.options.single_file
    if must_fit or not place.is_folder:
        single = make_single_page(maker, progress, must_fit=must_fit, folder=place.page.parent)
        if single is not None:
            return _write_single(place, single)
    with place.new_folder() as folder:
        index = write_folder(maker, folder, place, progress)
    atomic.write_text(place.page, index)
    return WrittenReport(
        page=place.page,
        bytes=len(index.encode()),
        folder=place.folder,
        findings=len(maker.findings),
    )


def _write_single(place: ReportPlace, single: SinglePage) -> WrittenReport:
    atomic.write_text(place.page, single.html)
    place.remove_folder()
    return WrittenReport(
        page=place.page,
        bytes=len(single.html.encode()),
        findings=single.findings,
        left_out=dict(Counter(single.left_out)),
    )


def render_report(contents: ReportContents, progress: Progress | None = None) -> str:
    """One self-contained HTML page; equal contents and image files give equal text.

    Images are read again from the folders of the batch and the reference. Those that are missing
    get a placeholder. The page says which findings it has no room for.

    Args:
        contents: of the report.
        progress: shows the progress of reading images.
    """
    single = make_single_page(PageMaker(contents), progress or Silent(), must_fit=True)
    assert single is not None  # noqa: S101 (it must fit)
    return single.html
