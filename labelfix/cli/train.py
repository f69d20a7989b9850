"""`labelfix train`."""

from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli.arguments import Audited, NoDecisions, PlainEpochs, denoiser_epochs
from labelfix.cli.session import working
from labelfix.cli.signature import Given, with_options
from labelfix.options.option import TRAIN_PANEL
from labelfix.options.train_options import TrainOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = "Example: labelfix train --seed 7"

MovedImages = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="With --image-branch: where the image folder is now, if it has moved since embed.",
        show_default=False,
        rich_help_panel=TRAIN_PANEL,
    ),
]


@with_options()
def train(
    *,
    train: Given[TrainOptions],
    epochs: PlainEpochs = None,
    audited: Audited = None,
    no_decisions: NoDecisions = False,
    moved_images: MovedImages = None,
    work: WorkspaceOptions,
) -> None:
    """Learn each class from the other images, so that no image is judged by its own label.

    The same seed gives the same weights on the same machine, also after an interruption.
    """
    options = train.made(epochs=denoiser_epochs(epochs, train.values.get("epochs")))
    with working(work) as session:
        from labelfix.correction.train_stage import run_train
        from labelfix.data.records import Rerun

        session.done(
            run_train(
                session.workspace,
                options,
                session.progress,
                Rerun(work.force, work.frozen),
                images=moved_images,
                audited=audited or (),
                with_decisions=not no_decisions,
            )
        )
        session.print_stage()
