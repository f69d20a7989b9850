"""The comparison from images to standings; finished and up-to-date work is reused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from labelfix.bench.clean_rows import NoisyRows, clean_images, with_noise
from labelfix.bench.comparison import Advice, Standing, advise, standings
from labelfix.bench.contestants import CLEANLAB, Contestant, contestants
from labelfix.bench.encoded_rows import EncodedImages, EncodedRows, encode, positions
from labelfix.bench.lines import KeptLines, Line, make_line
from labelfix.bench.runs import Runner
from labelfix.correction.training_state import (
    LabelsToLearn,
    given_rows,
    labels_to_learn,
    with_kept_audits,
)
from labelfix.data import embeddings, records
from labelfix.data.class_vectors import load_class_vectors
from labelfix.data.corrections import Corrections
from labelfix.data.embeddings import Embeddings
from labelfix.data.manifest_inputs import EmbedInputs
from labelfix.data.records import Rerun, StageResult
from labelfix.data.shares import WrongShare
from labelfix.data.workspace import Workspace, open_workspace
from labelfix.embedding.stage import run_embed
from labelfix.errors import InputError, MissingStageError
from labelfix.methods.noise_aware.cross_fit import load_cross_fit
from labelfix.methods.noise_aware.learned_noise import load_learned_noise
from labelfix.methods.noise_aware.true_labels import true_labels
from labelfix.options.bench_options import BenchOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.train_options import TrainOptions
from labelfix.pipeline import PipelineOptions, run_pipeline
from labelfix.runtime.device import resolve_device
from labelfix.runtime.progress import Progress
from labelfix.version import __version__


@dataclass(frozen=True)
class BenchResult:
    """The result of a comparison.

    Attributes:
        rows: one entry per noise sample.
        estimated: the share of wrong labels among the user's.
        standings: the best first.
        advice: the recommended contestant.
        reused: the number of lines reused from earlier runs.
        has_cleanlab: whether cleanlab was compared.
    """

    rows: Sequence[NoisyRows] = field(repr=False)
    estimated: WrongShare | None
    standings: Sequence[Standing]
    advice: Advice
    reused: int
    has_cleanlab: bool


def run_bench(
    workspace: Workspace,
    inputs: EmbedInputs,
    encoders: Sequence[EmbedOptions],
    options: BenchOptions,
    progress: Progress,
    done: Callable[[StageResult], None] = lambda _: None,
) -> BenchResult:
    """Estimate the noise, inject it into rows that look clean, and compare methods on them.

    Args:
        workspace: open and locked; stages that are not up to date run in it with the first
            encoder and the default method.
        inputs: images and manifest.
        encoders: at least one; each further encoder has its own workspace inside.
        options: of the comparison.
        progress: reports progress.
        done: receives the result of each stage.

    Raises:
        InputError: the images or the manifest are not usable, or too few labels look right.
    """
    _check_different(encoders)
    device = resolve_device(options.device)
    train = TrainOptions(seed=options.seed, device=options.device)
    pipeline = PipelineOptions(embed=encoders[0], train=train)
    pipeline = replace(
        pipeline,
        index=replace(pipeline.index, device=options.device),
        relabel=replace(pipeline.relabel, device=options.device),
    )
    corrections = run_pipeline(workspace, inputs, None, pipeline, progress, Rerun(), done)
    learned = with_kept_audits(workspace, labels_to_learn(workspace))
    class_names = learned.labelled.class_names
    embedded = [_encoded(encoders[0], workspace, class_names)]
    for other in encoders[1:]:
        own = _embed(workspace, inputs, other, progress, done)
        embedded.append(_encoded(other, own, class_names))
    first = embedded[0].embedded
    draws = noisy_draws(workspace, learned, corrections, first, options, device, progress)
    for images in embedded[1:]:
        positions(draws[0].images, images.embedded, images.encoder)  # before minutes of work
    lines, reused = _compare(workspace, draws, embedded, options, device, progress)
    found = standings(lines)
    return BenchResult(
        draws,
        corrections.wrong_share,
        found,
        advise(found, sum(draw.wrong for draw in draws)),
        reused,
        any(line.contestant.method == CLEANLAB for line in lines),
    )


def noisy_draws(
    workspace: Workspace,
    learned: LabelsToLearn,
    corrections: Corrections,
    embedded: Embeddings,
    options: BenchOptions,
    device: str,
    progress: Progress,
) -> list[NoisyRows]:
    """The rows that look clean, once per sample of the estimated noise.

    Args:
        workspace: in which the default method has judged the labels.
        learned: its labels.
        corrections: of the workspace.
        embedded: of the workspace.
        options: of the comparison.
        device: `cpu` or `cuda`.
        progress: reports progress.

    Raises:
        InputError: too few labels look right.
        MissingStageError: the learned noise is missing.
    """
    rows = given_rows(workspace, learned)
    noise = load_learned_noise(workspace.learned_noise)
    if noise is None:
        raise MissingStageError(
            f"{workspace.learned_noise} is missing or damaged",
            "Run labelfix relabel --force --out fixed.csv to make it again.",
        )
    fit = load_cross_fit(workspace.denoiser, workspace.denoiser_config).fit
    log_true = true_labels(rows, fit, device, progress).log_probabilities
    images = clean_images(rows, corrections, log_true, options.rows, options.seed)
    return [
        with_noise(
            rows,
            images,
            noise.model,
            log_true,
            embedded.images,
            seed=options.seed,
            draw=draw,
        )
        for draw in range(options.draws)
    ]


def _compare(
    workspace: Workspace,
    draws: Sequence[NoisyRows],
    embedded: Sequence[EncodedImages],
    options: BenchOptions,
    device: str,
    progress: Progress,
) -> tuple[list[Line], int]:
    """The lines of all contestants, and how many were reused."""
    of_each = [
        contestants(options, len(draws[0]), has_names=bool(images.of_names)) for images in embedded
    ]
    most = max(one.neighbours or 1 for one in of_each[0])
    kept = KeptLines(workspace.bench / "lines.json")
    lines: list[Line] = []
    reused = 0
    total = sum(map(len, of_each)) * len(draws)
    progress.begin("comparing methods", total, "methods")
    for images, everyone in zip(embedded, of_each, strict=True):
        for draw in draws:
            rows = encode(draw, images, most=most, device=device, seed=options.seed)
            runner = Runner(rows, device, options.seed)
            for one in everyone:
                key = _key(rows, one, options, device)
                line = kept.find(key)
                reused += line is not None
                if line is None:
                    line = make_line(images.encoder, one, draw, *runner.run(one))
                    kept.keep(key, line)
                lines.append(line)
                progress.advance(1, one.name)
    return lines, reused


def _key(rows: EncodedRows, one: Contestant, options: BenchOptions, device: str) -> str:
    """The fingerprint of everything that a line depends on."""
    return records.fingerprint(
        [
            __version__,
            rows.encoder,
            rows.embeddings_fingerprint,
            rows.rows.fingerprint,
            rows.rows.draw,
            [one.method, one.neighbours, one.ddim_steps],
            _fingerprint_of_names(rows) if one.reads_names else "",
            options.seed,
            device,
        ]
    )


def _fingerprint_of_names(rows: EncodedRows) -> str:
    vectors = rows.class_vectors
    return "" if vectors is None else sha256(vectors.tobytes()).hexdigest()


def _embed(
    workspace: Workspace,
    inputs: EmbedInputs,
    encoder: EmbedOptions,
    progress: Progress,
    done: Callable[[StageResult], None],
) -> Workspace:
    """The workspace and embeddings of a further encoder."""
    name = f"encoder-{records.fingerprint(encoder.encoder)[:8]}"
    own = open_workspace(workspace.bench / name)
    done(run_embed(own, inputs, encoder, progress, Rerun(), any_data=True))
    return own


def _encoded(
    encoder: EmbedOptions, workspace: Workspace, class_names: Sequence[str]
) -> EncodedImages:
    """An encoder's embeddings of all images and of the class names."""
    of_classes = load_class_vectors(workspace.class_vectors, class_names)
    return EncodedImages(
        encoder.encoder,
        embeddings.load_embeddings(workspace.embeddings),
        {} if of_classes is None else dict(zip(class_names, of_classes, strict=True)),
    )


def _check_different(encoders: Sequence[EmbedOptions]) -> None:
    named = [one.encoder for one in encoders]
    twice = [name for name in named if named.count(name) > 1]
    if twice:
        raise InputError(
            f"--encoder: expected different encoders, found {twice[0]!r} more than once",
            "Name each once.",
        )
