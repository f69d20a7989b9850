"""A batch judged by a trained reference where there is one, and else by what it teaches itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from labelfix.data.records import Rerun, StageResult
from labelfix.data.workspace import Workspace, existing_workspace
from labelfix.judging.batch import Batch, BatchInputs
from labelfix.judging.own_batch import judge_alone
from labelfix.judging.reference_batch import ReferenceUse, reference_batch
from labelfix.pipeline import PipelineOptions
from labelfix.runtime.progress import Progress


def judge_batch(
    workspace: Workspace,
    inputs: BatchInputs,
    options: PipelineOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None] = lambda _: None,
    *,
    reference: Path | None = None,
    expected_wrong_rate: float,
) -> Batch:
    """Judge every label of a batch. Images that are missing are quarantined, whatever is wanted.

    Args:
        workspace: of the batch, open and locked.
        inputs: images and manifest.
        options: of the stages; with a reference only relabel's device counts.
        progress: reports progress.
        rerun: what to do with existing artefacts.
        done: called with the result of each stage; a reference has none.
        reference: a trained workspace; None learns from the batch itself.
        expected_wrong_rate: with a reference: the share of wrong labels to expect, in (0, 1).

    Raises:
        InputError: the images or the manifest are not usable.
        MissingStageError: the reference is not trained, or has changed since.
    """
    inputs = replace(inputs, options=replace(inputs.options, missing="quarantine"))
    if reference is None:
        return judge_alone(workspace, inputs, options, progress, rerun, done)
    against = ReferenceUse(
        reference=existing_workspace(reference),
        into=workspace.batch,
        expected_wrong_rate=expected_wrong_rate,
        device=options.relabel.device,
    )
    return reference_batch(against, inputs, progress, rerun)
