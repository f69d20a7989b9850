"""`labelfix embed`."""

from pathlib import Path

from labelfix.cli import options as cli
from labelfix.cli.session import working
from labelfix.config import DEFAULT_WORKSPACE, EmbedOptions, ManifestOptions

EXAMPLE = "Example: labelfix embed sample_data/images sample_data/manifest.csv \\\n--encoder hog"


def embed(
    images: cli.Images,
    manifest: cli.ManifestFile = None,
    encoder: cli.EncoderTexts = cli.DEFAULT_ENCODERS,
    device: cli.Device = EmbedOptions.device,
    batch_size: cli.BatchSize = EmbedOptions.batch_size,
    workers: cli.Workers = EmbedOptions.workers,
    precision: cli.Precision = EmbedOptions.precision,
    prompts: cli.Prompts = EmbedOptions.prompts,
    class_vectors: cli.ClassVectors = EmbedOptions.class_vectors,
    encoder_epochs: cli.EncoderEpochsOfEmbed = EmbedOptions.epochs,
    image_size: cli.ImageSize = EmbedOptions.image_size,
    seed: cli.Seed = EmbedOptions.seed,
    image_column: cli.ImageColumn = ManifestOptions.image_column,
    label_column: cli.LabelColumn = ManifestOptions.label_column,
    annotator_column: cli.AnnotatorColumn = ManifestOptions.annotator_column,
    verified_column: cli.VerifiedColumn = ManifestOptions.verified_column,
    delimiter: cli.Delimiter = ManifestOptions.delimiter,
    encoding: cli.Encoding = ManifestOptions.encoding,
    no_header: cli.NoHeader = not ManifestOptions.has_header,
    columns: cli.Columns = None,
    label_pattern: cli.LabelPattern = ManifestOptions.label_pattern,
    missing: cli.Missing = ManifestOptions.missing,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
    as_json: cli.AsJson = False,
) -> None:
    """Make an embedding of every image.

    An image that cannot be read is quarantined with its reason. A run that was interrupted
    goes on where it stopped.
    """
    first_encoder, *more_encoders = encoder or cli.DEFAULT_ENCODERS
    embed_options = EmbedOptions(
        first_encoder,
        device,
        batch_size,
        workers,
        precision,
        epochs=encoder_epochs,
        image_size=image_size,
        prompts=prompts,
        class_vectors=class_vectors,
        more_encoders=tuple(more_encoders),
        seed=seed,
    )
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
    with working(workspace, quiet=quiet, as_json=as_json, begins=True) as session:
        from labelfix.data.manifest_inputs import EmbedInputs
        from labelfix.data.records import Rerun
        from labelfix.embedding.stage import run_embed

        inputs = EmbedInputs(images=images, manifest=manifest, options=manifest_options)
        session.done(
            run_embed(
                session.workspace, inputs, embed_options, session.progress, Rerun(force, frozen)
            )
        )
        session.print_stage()
