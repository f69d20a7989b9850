"""`labelfix bench`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import Images, ManifestFile
from labelfix.cli.session import working
from labelfix.cli.signature import Given, Variant, only, with_options, without
from labelfix.data.names import plain
from labelfix.options.bench_options import FULL, BenchOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix bench sample_data/images sample_data/manifest.csv \\\n--encoder hog"

Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help=f"More rows, {FULL['draws']} draws of the noise, more K and more DDIM steps, in about "
        "an hour.",
    ),
]
BenchOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="The folder for bench.json and bench.svg; default: bench in the workspace.",
        show_default=False,
    ),
]


@with_options(
    encoder=Variant(
        help="As for labelfix run. May be given several times; the noise is estimated with the "
        "first."
    ),
    prompts=Variant(
        help="As for labelfix run, for the first encoder; the default method is compared with and "
        "without class names."
    ),
    class_vectors=Variant(help="As for labelfix run, for the first encoder."),
    rows=Variant(is_open=True),
)
def bench(
    images: Images,
    *,
    manifest: ManifestFile = None,
    comparison: Given[BenchOptions],
    full: Full = False,
    out: BenchOut = None,
    embed: Annotated[
        Given[EmbedOptions],
        only(
            *("encoder", "prompts", "class_vectors"),
            *("batch_size", "workers", "precision", "seed", "device"),
        ),
    ],
    columns: Annotated[ManifestOptions, without("merge_spellings")],
    work: Annotated[WorkspaceOptions, without("force", "frozen")],
) -> None:
    """Compare methods on your own images, and say which to take; no true labels are needed.

    The noise in your labels is estimated as labelfix run does it, and added again to rows whose
    label looks right. Neighbours' votes, logistic regression, cleanlab if it is installed and
    the denoisers correct these rows. An interrupted comparison continues where it stopped.
    """
    options = comparison.made(**({**FULL, **comparison.values} if full else {}))
    names = (embed.values["encoder"], *embed.values["more_encoders"])
    encoders = [embed.made(encoder=names[0], more_encoders=())]
    for name in names[1:]:  # a file of names or vectors fits one encoder
        alone = {"more_encoders": (), "prompts": EmbedOptions.prompts, "class_vectors": None}
        encoders.append(embed.made(encoder=name, **alone))
    with working(work, begins=True) as session:
        from labelfix.bench.picture import draw
        from labelfix.bench.stage import run_bench
        from labelfix.cli.bench_text import bench_as_json, bench_lines
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.runtime import atomic
        from labelfix.runtime.atomic import check_place

        folder = out or session.workspace.bench
        table, picture = folder / "bench.json", folder / "bench.svg"
        if out is not None:
            for place in (table, picture):
                check_place("--out", place, manifest)
        result = run_bench(
            session.workspace,
            EmbedInputs(images=images, manifest=manifest, options=columns),
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
