"""`labelfix run`."""

from pathlib import Path

from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import (
    DEFAULT_WORKSPACE,
    EmbedOptions,
    IndexOptions,
    ManifestOptions,
    RelabelOptions,
    TrainOptions,
)

EXAMPLE = (
    "Example: labelfix run sample_data/images sample_data/manifest.csv \\\n"
    "--encoder hog --out fixed.csv"
)


def run(
    images: cli.Images,
    out: cli.Out,
    manifest: cli.ManifestFile = None,
    encoder: cli.EncoderTexts = cli.DEFAULT_ENCODERS,
    batch_size: cli.BatchSize = EmbedOptions.batch_size,
    workers: cli.Workers = EmbedOptions.workers,
    precision: cli.Precision = EmbedOptions.precision,
    prompts: cli.Prompts = EmbedOptions.prompts,
    class_vectors: cli.ClassVectors = EmbedOptions.class_vectors,
    encoder_epochs: cli.EncoderEpochs = EmbedOptions.epochs,
    image_size: cli.ImageSize = EmbedOptions.image_size,
    image_column: cli.ImageColumn = ManifestOptions.image_column,
    label_column: cli.LabelColumn = ManifestOptions.label_column,
    annotator_column: cli.AnnotatorColumn = ManifestOptions.annotator_column,
    verified_column: cli.VerifiedColumn = ManifestOptions.verified_column,
    audited: cli.Audited = None,
    delimiter: cli.Delimiter = ManifestOptions.delimiter,
    encoding: cli.Encoding = ManifestOptions.encoding,
    no_header: cli.NoHeader = not ManifestOptions.has_header,
    columns: cli.Columns = None,
    label_pattern: cli.LabelPattern = ManifestOptions.label_pattern,
    missing: cli.Missing = ManifestOptions.missing,
    engine: cli.EngineName = IndexOptions.engine,
    neighbours: cli.NeighbourCountOfRun = None,
    method: cli.Method = TrainOptions.method,
    fast: cli.Fast = TrainOptions.fast,
    seed: cli.Seed = TrainOptions.seed,
    epochs: cli.Epochs = TrainOptions.epochs,
    learning_rate: cli.LearningRate = TrainOptions.learning_rate,
    width: cli.Width = TrainOptions.width,
    preset: cli.PresetName = TrainOptions.preset,
    image_branch: cli.ImageBranch = TrainOptions.image_branch,
    branch_weights: cli.BranchWeights = TrainOptions.branch_weights,
    weighting: cli.Weighting = TrainOptions.weighting,
    embed_again: cli.EmbedAgain = TrainOptions.embed_again,
    validation_share: cli.ValidationShare = TrainOptions.validation_share,
    timesteps: cli.Timesteps = TrainOptions.timesteps,
    ddim_steps: cli.DdimSteps = None,
    min_precision: cli.MinPrecision = RelabelOptions.min_precision,
    min_confidence: cli.MinConfidence = RelabelOptions.min_confidence,
    device: cli.Device = EmbedOptions.device,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Embed, index, train and relabel, in one command.

    What is up to date is skipped; an interrupted run goes on where it stopped.
    """
    first_encoder, *more_encoders = encoder or cli.DEFAULT_ENCODERS
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
    is_trained = any(EmbedOptions(one).trains_encoder for one in (first_encoder, *more_encoders))
    of_encoder = is_trained or not train_options.sees_images
    stages = (
        EmbedOptions(
            first_encoder,
            device,
            batch_size,
            workers,
            precision,
            epochs=encoder_epochs,
            image_size=image_size if of_encoder else None,
            seed=seed,
            prompts=prompts,
            class_vectors=class_vectors,
            more_encoders=tuple(more_encoders),
        ),
        IndexOptions(engine, train_options.wanted_neighbours or IndexOptions.neighbours, device),
        train_options,
        RelabelOptions(device, min_precision, min_confidence, ddim_steps),
    )
    with working(workspace, quiet=quiet, as_json=as_json, begins=True) as session:
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.data.records import Rerun
        from labelfix.pipeline import PipelineOptions, run_pipeline

        corrections = run_pipeline(
            session.workspace,
            EmbedInputs(images=images, manifest=manifest, options=manifest_options),
            out,
            PipelineOptions(*stages, audited=tuple(audited or ())),
            session.progress,
            Rerun(force, frozen),
            session.done,
        )
        session.print_corrections(corrections, out)
