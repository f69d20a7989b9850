"""`labelfix run`."""

from typing import Annotated

from labelfix.cli.arguments import (
    Audited,
    Images,
    ManifestFile,
    NoDecisions,
    Out,
    PlainEpochs,
    denoiser_epochs,
)
from labelfix.cli.session import working
from labelfix.cli.signature import Given, Variant, with_options, without
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import TrainOptions
from labelfix.options.workspace_options import FORCE_WITH_IMAGES, WorkspaceOptions

EXAMPLE = (
    "Example: labelfix run sample_data/images sample_data/manifest.csv \\\n"
    "--encoder hog --out fixed.csv"
)
NEIGHBOURS = Variant(
    help=f"Neighbours of each image; default: {IndexOptions.neighbours}, or the preset's.",
    is_open=True,
)


@with_options(neighbours=NEIGHBOURS, force=Variant(help=FORCE_WITH_IMAGES))
def run(
    images: Images,
    out: Out,
    *,
    manifest: ManifestFile = None,
    embed: Given[EmbedOptions],
    columns: ManifestOptions,
    audited: Audited = None,
    no_decisions: NoDecisions = False,
    index: Given[IndexOptions],
    train: Annotated[Given[TrainOptions], without("image_size", "neighbours")],
    epochs: PlainEpochs = None,
    relabel: RelabelOptions,
    work: WorkspaceOptions,
) -> None:
    """Embed, index, train and relabel, in one command.

    What is up to date is skipped; an interrupted run continues where it stopped.
    """
    embed_options = embed.made(image_size=None)
    passes = denoiser_epochs(
        epochs, train.values.get("epochs"), trains_encoder=embed_options.trains_encoder
    )
    train_options = train.made(
        epochs=passes,
        image_size=embed.values.get("image_size"),
        neighbours=index.values.get("neighbours"),
    )
    if embed_options.trains_encoder or not train_options.sees_images:
        embed_options = embed.made()  # the size is the encoder's, not the image branch's
    neighbours = train_options.wanted_neighbours or IndexOptions.neighbours
    with working(work, begins=True) as session:
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.data.records import Rerun
        from labelfix.pipeline import PipelineOptions, run_pipeline

        corrections = run_pipeline(
            session.workspace,
            EmbedInputs(images=images, manifest=manifest, options=columns),
            out,
            PipelineOptions(
                embed=embed_options,
                index=index.made(neighbours=neighbours),
                train=train_options,
                relabel=relabel,
                audited=tuple(audited or ()),
                with_decisions=not no_decisions,
            ),
            session.progress,
            Rerun(work.force, work.frozen),
            session.done,
        )
        session.print_corrections(corrections, out)
