"""The options of `export` and `import`: the format, which rows, and what counts as a decision."""

from dataclasses import dataclass

from labelfix.options.option import check_options, option

EXPORT_FORMATS = (
    "label-studio",
    "cvat",
    "fiftyone",
    "huggingface",
    "folders",
    "csv",
    "croissant",
)
IMPORT_FORMATS = EXPORT_FORMATS[:-1]

AUTO = "auto"
ALL = "all"
WORK = "work"
ROWS = (AUTO, ALL, WORK)
"""Which rows go out; `auto` leaves it to the format."""

HARD_LINK = "hard"
SYMLINK = "symlink"
COPY = "copy"
LINKS = (HARD_LINK, SYMLINK, COPY)

SKIP = "skip"
CONFIRM = "confirm"

EMBED = "embed"
"""Instead of what stands before a name: the image itself, in the task."""
LOCAL_FILES = "/data/local-files/?d="
"""Label Studio's address of files below its document root."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What goes out, and how.

    Attributes:
        format: one of `EXPORT_FORMATS`.
        rows: one of `ROWS`.
        link: how images get into a folder; one of `LINKS`.
        image_url: what stands before an image's name where the format names an address; `EMBED`
            puts the image itself there.
        escape_formulas: whether a CSV's cells that a spreadsheet would run are marked as text.
    """

    format: str = option("", name="to", choices=EXPORT_FORMATS)
    rows: str = option(
        AUTO,
        "Which rows: {choices}. work is what a person should look at or labelfix has changed; "
        "{default} is work for csv, else all.",
        choices=ROWS,
    )
    link: str = option(
        HARD_LINK,
        "How images get into a folder: {choices}. Where a link cannot be made they are copied.",
        choices=LINKS,
    )
    image_url: str = option(
        LOCAL_FILES,
        "With label-studio: what stands before an image's name, or embed for the image itself; the "
        "default is its local files, whose document root is the image folder.",
        metavar="TEXT",
    )
    escape_formulas: bool = option(
        False,
        "With csv: mark cells that a spreadsheet would run as a formula; import takes the marks "
        "off.",
    )

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What comes back, and what of it is a decision.

    Attributes:
        format: one of `IMPORT_FORMATS`.
        reviewer: who decided, where the file does not tell; empty takes the format's name.
        unchanged: what a label is that is still the one written out: `skip` or `confirm`.
    """

    format: str = option("", name="from", choices=IMPORT_FORMATS)
    reviewer: str = option(
        "",
        "Who decided, where the file does not tell; default: the name of the format.",
        metavar="NAME",
    )
    unchanged: str = option(
        SKIP,
        "What a label is that is still the one that was written out: {choices}. confirm takes it "
        "for a decision that the label is right; what a tool marks as looked at always is one.",
        choices=(SKIP, CONFIRM),
    )

    def __post_init__(self) -> None:
        check_options(self)
