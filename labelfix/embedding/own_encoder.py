"""Which file an encoder that labelfix trains by itself is in, and having it trained."""

from collections.abc import Mapping

from labelfix.data.stage import Rerun
from labelfix.data.workspace import Workspace
from labelfix.embedding.several_encoders import check_not_frozen
from labelfix.encoders.encoder import EncoderName, parse_encoder
from labelfix.options.embed_options import EmbedOptions
from labelfix.runtime.progress import Progress
from labelfix.simclr.images_to_learn import ImagesToLearn


def encoder_in(workspace: Workspace, encoder: str) -> EncoderName:
    """An encoder's name with the workspace's own file, where it is one that is trained there."""
    name = parse_encoder(encoder)
    if EmbedOptions(encoder=encoder).trains_encoder:
        return EncoderName(name.kind, name.model, str(workspace.encoder))
    return name


def train_own_encoder(
    workspace: Workspace,
    images: ImagesToLearn,
    given_labels: Mapping[str, str],
    options: EmbedOptions,
    progress: Progress,
    rerun: Rerun,
) -> None:
    """Train the workspace's own encoder on the images of the run, where it is not up to date.

    Labels are only looked at to show how far the training has come.

    Args:
        workspace: open and locked.
        images: those of the run.
        given_labels: of each image by its name.
        options: of the embed stage.
        progress: is told of the work.
        rerun: what to do with an encoder that is there already.

    Raises:
        InputError: the images or the backbone are not usable.
        WorkspaceError: frozen, and the encoder or the embeddings there are of another kind.
    """
    # A training takes minutes: nobody should wait for it to be told that it was not to be.
    wanted = options.encoders if options.more_encoders else options.encoder
    check_not_frozen(workspace, wanted, rerun)
    from labelfix.simclr.agreement import agreement_with
    from labelfix.simclr.stage import run_simclr

    agreement = agreement_with(given_labels)
    run_simclr(workspace, images, options.simclr(), progress, rerun, agreement)
