"""The options of the index stage."""

from dataclasses import dataclass

from labelfix.options.option import at_least, check_options, device_option, option

INDEX_PANEL = "Neighbours"
ENGINES = ("exact", "ivf", "hnsw", "torch")
"""The names of `retrieval.registry.ENGINES`."""


@dataclass(frozen=True, kw_only=True)
class IndexOptions:
    """The index stage.

    Attributes:
        engine: a name from the table of search engines in `retrieval`.
        neighbours: K, the neighbours of each image.
        device: `auto`, `cpu` or `cuda`.
        recall_rows: images on which an approximate engine is measured against exact search.
    """

    engine: str = option(
        "exact",
        "exact, ivf or hnsw (for more rows), or torch.",
        panel=INDEX_PANEL,
        suggestions=ENGINES,
    )
    neighbours: int = option(
        10, "Neighbours of each image.", short="-k", panel=INDEX_PANEL, range=at_least(1)
    )
    device: str = device_option()
    recall_rows: int = 1000

    def __post_init__(self) -> None:
        check_options(self)
