"""`labelfix prepare`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelfix.cli import console
from labelfix.cli.signature import only, with_options
from labelfix.data.names import plain
from labelfix.options.workspace_options import WorkspaceOptions

if TYPE_CHECKING:
    from labelfix.prepare.targets import WrittenManifest

EXAMPLE = (
    "Example: labelfix prepare cifar10 ./cifar --noise worse_label \\\n"
    "--out manifest.csv --test-out test.csv"
)


def _list_sets(wanted: bool) -> None:
    if wanted:
        from labelfix.prepare.registry import RECIPES

        for recipe in RECIPES.values():
            console.print_result(f"{recipe.name}: {recipe.summary}\n    {recipe.expects}")
        raise typer.Exit


def _complete_set(incomplete: str) -> list[str]:
    """The names of sets with a beginning."""
    from labelfix.prepare.registry import RECIPES

    return [name for name in RECIPES if name.startswith(incomplete)]


SetName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Which set; --list shows all.",
        show_default=False,
        autocompletion=_complete_set,
    ),
]
SetFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="The folder of the set.", show_default=False)
]
ManifestOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        help="Where the manifest of the rows to correct goes: .csv, .tsv or .parquet.",
        show_default=False,
    ),
]
TestOut = Annotated[
    Path | None,
    typer.Option(
        "--test-out", help="Where the manifest of the test rows goes.", show_default=False
    ),
]
Noise = Annotated[
    str | None,
    typer.Option(
        "--noise",
        help="With CIFAR: the noisy labels, a column of CIFAR-10N or 100N such as worse_label, or "
        "a file of noise_label/ such as cifar10-1-0.35. Default: the clean labels.",
        show_default=False,
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="The file of labels, if it lies elsewhere: .pt or .npy with CIFAR, the list of "
        "images with WebVision and ILSVRC12.",
        show_default=False,
    ),
]
ImagesOut = Annotated[
    Path | None,
    typer.Option(
        "--images-out",
        metavar="DIR",
        help="Where images from pickles go, as PNG; default: NAME-images beside the manifest.",
        show_default=False,
    ),
]
ClassesOf = Annotated[
    Path | None,
    typer.Option(
        "--classes-of",
        metavar="MANIFEST",
        help="Take only rows whose label is in this manifest too.",
        show_default=False,
    ),
]
ListSets = Annotated[
    bool,
    typer.Option(
        "--list",
        callback=_list_sets,
        is_eager=True,
        help="Show every set and its layout, and exit.",
    ),
]


@with_options()
def prepare(
    name: SetName,
    folder: SetFolder,
    *,
    out: ManifestOut = None,
    test_out: TestOut = None,
    noise: Noise = None,
    labels: Labels = None,
    images_out: ImagesOut = None,
    classes_of: ClassesOf = None,
    _list: ListSets = False,
    work: Annotated[WorkspaceOptions, only("quiet", "as_json")],
) -> None:
    """Write a manifest for a standard data set with wrong labels, from its published files.

    A known clean label goes into a column true_label, which labelfix never uses to correct. The
    set itself is not changed, and no pickle is run.
    """
    from labelfix.prepare.recipe import PrepareOptions
    from labelfix.prepare.targets import Targets
    from labelfix.prepare.targets import prepare as write_manifests

    progress = console.Reporter(quiet=work.quiet)
    options = PrepareOptions(noise, labels, images_out)
    try:
        written = write_manifests(
            name, folder, options, Targets(out, test_out, classes_of), progress
        )
    finally:
        progress.close()
    if work.as_json:
        console.print_json({"manifests": [asdict(manifest) for manifest in written]})
        return
    for manifest in written:
        _print(manifest)
    for manifest in written:
        console.print_result(f"next: {plain(_next_command(manifest))}")


def _print(manifest: "WrittenManifest") -> None:
    right = "" if manifest.right_share is None else f", {manifest.right_share:.1%} right"
    console.print_result(
        f"{'test' if manifest.is_test else 'to correct'}: {manifest.rows:,} rows, "
        f"{manifest.classes:,} classes{right}"
    )
    for note in manifest.notes:
        console.print_result(f"  {plain(note)}")
    console.print_result(f"  written to {plain(manifest.path)}")


def _next_command(manifest: "WrittenManifest") -> str:
    images, path = shlex.quote(str(manifest.images)), shlex.quote(str(manifest.path))
    command = f"labelfix run {images} {path} --out fixed.csv"
    if manifest.is_test:
        command = f"labelfix relabel --images {images} --manifest {path} --out test_fixed.csv"
    return command + " --missing quarantine" * bool(manifest.missing)
