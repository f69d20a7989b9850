"""`labelfix train`."""

from pathlib import Path

from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, TrainOptions

EXAMPLE = "Example: labelfix train --seed 7"


def train(
    method: cli.Method = TrainOptions.method,
    fast: cli.Fast = TrainOptions.fast,
    seed: cli.Seed = TrainOptions.seed,
    epochs: cli.Epochs = TrainOptions.epochs,
    learning_rate: cli.LearningRate = TrainOptions.learning_rate,
    width: cli.Width = TrainOptions.width,
    preset: cli.PresetName = TrainOptions.preset,
    image_branch: cli.ImageBranch = TrainOptions.image_branch,
    image_size: cli.BranchImageSize = TrainOptions.image_size,
    branch_weights: cli.BranchWeights = TrainOptions.branch_weights,
    weighting: cli.Weighting = TrainOptions.weighting,
    embed_again: cli.EmbedAgain = TrainOptions.embed_again,
    validation_share: cli.ValidationShare = TrainOptions.validation_share,
    timesteps: cli.Timesteps = TrainOptions.timesteps,
    neighbours: cli.NeighbourCountOfTrain = TrainOptions.neighbours,
    audited: cli.Audited = None,
    moved_images: cli.MovedImages = None,
    device: cli.Device = TrainOptions.device,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Train denoisers of label vectors, each of which will judge only images it never saw.

    The same seed gives the same weights on the same machine, also after an interruption.
    """
    train_options = TrainOptions(
        method,
        seed,
        device,
        fast,
        epochs=epochs,
        width=width,
        learning_rate=learning_rate,
        image_branch=image_branch,
        image_size=image_size,
        preset=preset,
        neighbours=neighbours,
        branch_weights=branch_weights,
        weighting=weighting,
        embed_again=embed_again,
        validation_share=validation_share,
        timesteps=timesteps,
    )
    with working(workspace, quiet=quiet, as_json=as_json) as session:
        from labelfix.correction.train_stage import run_train
        from labelfix.data.records import Rerun

        rerun = Rerun(force, frozen)
        session.done(
            run_train(
                session.workspace,
                train_options,
                session.progress,
                rerun,
                images=moved_images,
                audited=audited or (),
            )
        )
        session.print_stage()
