"""`labelfix bench`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from labelfix.bench_config import BenchOptions, full_bench
from labelfix.cli import console
from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, EmbedOptions, ManifestOptions
from labelfix.data.names import plain

EXAMPLE = "Example: labelfix bench sample_data/images sample_data/manifest.csv \\\n--encoder hog"

Encoders = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder",
        "-e",
        metavar="TEXT",
        help="As labelfix run has it; left out: its default. May be given several times; the "
        "noise is estimated with the first.",
        show_default=False,
        rich_help_panel=cli.EMBED_PANEL,
    ),
]
RowsCompared = Annotated[
    int | None,
    typer.Option(
        "--rows",
        help=f"Rows to compare on, at most; left out: {BenchOptions.rows:,}, with --full 10,000.",
        show_default=False,
    ),
]
Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="More rows, three draws of the noise, more K and more DDIM steps, in about an hour.",
    ),
]
BenchOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="The folder for bench.json and bench.svg; left out: bench in the workspace.",
        show_default=False,
    ),
]


def bench(
    images: cli.Images,
    manifest: cli.ManifestFile = None,
    encoder: Encoders = None,
    rows: RowsCompared = None,
    full: Full = False,
    out: BenchOut = None,
    batch_size: cli.BatchSize = EmbedOptions.batch_size,
    workers: cli.Workers = EmbedOptions.workers,
    precision: cli.Precision = EmbedOptions.precision,
    image_column: cli.ImageColumn = ManifestOptions.image_column,
    label_column: cli.LabelColumn = ManifestOptions.label_column,
    annotator_column: cli.AnnotatorColumn = ManifestOptions.annotator_column,
    verified_column: cli.VerifiedColumn = ManifestOptions.verified_column,
    delimiter: cli.Delimiter = ManifestOptions.delimiter,
    encoding: cli.Encoding = ManifestOptions.encoding,
    missing: cli.Missing = ManifestOptions.missing,
    no_header: cli.NoHeader = not ManifestOptions.has_header,
    columns: cli.Columns = None,
    label_pattern: cli.LabelPattern = ManifestOptions.label_pattern,
    seed: cli.Seed = BenchOptions.seed,
    device: cli.Device = BenchOptions.device,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Compare methods on your own images, and say which to take; no true labels are needed.

    The noise in your labels is estimated as labelfix run does it, and put in again on rows whose
    label looks right. Neighbours' votes, logistic regression, cleanlab where it is installed and
    the denoisers correct these rows. An interrupted comparison goes on where it stopped.
    """
    options = full_bench(seed, device) if full else BenchOptions(seed, device)
    if rows is not None:
        options = replace(options, rows=rows)
    encoders = [
        EmbedOptions(one, device, batch_size, workers, precision, seed=seed)
        for one in encoder or cli.DEFAULT_ENCODERS
    ]
    manifest_options = ManifestOptions(
        image_column,
        label_column,
        annotator_column,
        delimiter,
        encoding,
        missing,
        verified_column,
        has_header=not no_header,
        columns=cli.column_names(columns),
        label_pattern=label_pattern,
    )
    with working(workspace, quiet=quiet, as_json=as_json, begins=True) as session:
        from labelfix.bench.picture import draw
        from labelfix.bench.stage import run_bench
        from labelfix.cli.bench_text import bench_as_json, bench_lines
        from labelfix.data import atomic
        from labelfix.data.atomic import check_place
        from labelfix.data.manifest_inputs import EmbedInputs

        folder = out or session.workspace.bench
        table, picture = folder / "bench.json", folder / "bench.svg"
        if out is not None:
            for place in (table, picture):
                check_place("--out", place, manifest)
        result = run_bench(
            session.workspace,
            EmbedInputs(images=images, manifest=manifest, options=manifest_options),
            encoders,
            options,
            session.progress,
            session.done,
        )
        session.progress.close()
        written = bench_as_json(result, table, picture)
        atomic.write_json(table, written)
        wrong = sum(one.wrong for one in result.rows)
        atomic.write_text(picture, draw(result.standings, len(result.rows[0]), wrong))
        if session.as_json:
            console.print_json(written)
            return
        for line in bench_lines(result):
            console.print_result(line)
        console.print_result(f"written to {plain(table)} and {plain(picture)}")
