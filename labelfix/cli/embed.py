"""`labelfix embed`."""

from typing import Annotated

from labelfix.cli.arguments import Images, ManifestFile
from labelfix.cli.session import working
from labelfix.cli.signature import Variant, with_options, without
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.workspace_options import FORCE_WITH_IMAGES, WorkspaceOptions

EXAMPLE = "Example: labelfix embed sample_data/images sample_data/manifest.csv \\\n--encoder hog"


@with_options(encoder_epochs=Variant(flag="--epochs"), force=Variant(help=FORCE_WITH_IMAGES))
def embed(
    images: Images,
    *,
    manifest: ManifestFile = None,
    embed: EmbedOptions,
    columns: Annotated[ManifestOptions, without("merge_spellings")],
    work: WorkspaceOptions,
) -> None:
    """Make an embedding of every image.

    An image that cannot be read is quarantined with its reason. An interrupted run continues
    where it stopped.
    """
    with working(work, begins=True) as session:
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.data.records import Rerun
        from labelfix.embedding.stage import run_embed

        inputs = EmbedInputs(images=images, manifest=manifest, options=columns)
        rerun = Rerun(work.force, work.frozen)
        session.done(run_embed(session.workspace, inputs, embed, session.progress, rerun))
        session.print_stage()
