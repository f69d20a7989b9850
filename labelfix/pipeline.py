"""All four stages in order, on a workspace."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from labelfix.correction.relabel_stage import run_relabel
from labelfix.correction.train_stage import run_train
from labelfix.data import records
from labelfix.data.corrections import Corrections
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, StageResult
from labelfix.data.workspace import Workspace
from labelfix.embedding.stage import run_embed
from labelfix.encoders.prompts import AUTO, NONE
from labelfix.options.diffusion_options import DiffusionOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.option import refused
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.train_options import NOISE_AWARE, TrainOptions
from labelfix.retrieval.stage import run_index
from labelfix.runtime import atomic
from labelfix.runtime.progress import Progress


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """The options of all four stages, and labels that people have verified.

    Attributes:
        embed, index, train, relabel: of the stages.
        audited: files of verified labels.
        with_decisions: whether the decisions of the workspace are verified labels, too.
    """

    embed: EmbedOptions = field(default_factory=EmbedOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    train: TrainOptions = field(default_factory=TrainOptions)
    relabel: RelabelOptions = field(default_factory=RelabelOptions)
    audited: tuple[Path, ...] = ()
    with_decisions: bool = True


def run_pipeline(
    workspace: Workspace,
    inputs: EmbedInputs,
    out: Path | None,
    options: PipelineOptions,
    progress: Progress,
    rerun: Rerun,
    done: Callable[[StageResult], None],
) -> Corrections:
    """Embed, index, train and relabel; what is up to date is skipped.

    Args:
        workspace: open and locked.
        inputs: the images and the manifest.
        out: where the corrected table goes; None writes none.
        options: of the stages.
        progress: reports progress.
        rerun: what to do with artefacts that are there already.
        done: called with the result of each stage.
    """
    if out is not None:
        atomic.check_output(out, inputs.manifest)
    of_method = options.train.of_method()
    if isinstance(of_method, DiffusionOptions):
        from labelfix.methods.paper.branch_weights import check_branch

        check_branch(of_method)  # before hours of embedding
    embed = options.embed
    if options.train.method != NOISE_AWARE:
        if embed.class_vectors is not None:
            check_reads_text(options.train.method, "class_vectors")
        if embed.prompts not in (AUTO, NONE):
            check_reads_text(options.train.method, "prompts")
        embed = replace(embed, prompts=NONE)
    if embed.trains_encoder and records.read_record(workspace.encoder) is None:
        progress.say(
            f"Two trainings follow: the encoder, {embed.simclr().epochs:,} passes over the images "
            f"(--encoder-epochs), and then the denoisers, at least {of_method.epochs:,} passes "
            "(--denoiser-epochs)."
        )
    done(run_embed(workspace, inputs, embed, progress, rerun))
    done(run_index(workspace, options.index, progress, rerun))
    trained = run_train(
        workspace,
        options.train,
        progress,
        rerun,
        audited=options.audited,
        with_decisions=options.with_decisions,
    )
    done(trained)
    result, corrections = run_relabel(
        workspace,
        out,
        options.relabel,
        progress,
        rerun,
        options.audited,
        merge_spellings=inputs.options.merge_spellings,
        with_decisions=options.with_decisions,
    )
    done(result)
    return corrections


def check_reads_text(method: str, name: str) -> None:
    """Check that class names are not given to a method that does not read them."""
    if method != NOISE_AWARE:
        raise refused(
            name,
            f"the method {NOISE_AWARE}",
            f"{method}, which reads no class names",
            "Leave one of them out.",
        )
