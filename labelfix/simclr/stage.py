"""The encoder of the user's own images, trained unless it is up to date."""

from dataclasses import asdict, replace

import torch

from labelfix.data import records
from labelfix.data.records import Rerun, RowCounts, StagePlan, StageResult
from labelfix.data.workspace import Workspace
from labelfix.encoders.simclr import TrainedEncoder, save_encoder
from labelfix.errors import InputError
from labelfix.images.pixels import ImagesToLearn, Pixels, measured_side, read_pixels
from labelfix.options.simclr_options import SimclrOptions
from labelfix.runtime.checkpoint import Checkpoints
from labelfix.runtime.device import resolve_device, resolve_precision
from labelfix.runtime.progress import Progress, duration
from labelfix.simclr.epoch_reports import Agreement, SimclrLog
from labelfix.simclr.training import train_encoder
from labelfix.version import __version__

NOT_OF_THE_RESULT = ("workers", "agreement_epochs", "agreement_rows", "checkpoint_s")


def run_simclr(
    workspace: Workspace,
    images: ImagesToLearn,
    options: SimclrOptions,
    progress: Progress,
    rerun: Rerun,
    agreement: Agreement | None = None,
) -> StageResult:
    """Train an encoder on images without labels; continue a killed run.

    Args:
        workspace: open and locked.
        images: those of the run. Unreadable ones are skipped and counted.
        options: of the training.
        progress: reports progress and the estimated time.
        rerun: what to do with an existing encoder.
        agreement: measured every few epochs for information only.

    Raises:
        InputError: fewer than 2 images are readable, the backbone does not exist or cannot take
            the size, or a batch does not fit in the GPU's memory.
        WorkspaceError: frozen, and the encoder is of other images or options.
    """
    device = resolve_device(options.device)
    precision = resolve_precision(options.precision, device)
    options = replace(options, device=device, precision=precision)
    resolved = {
        name: value for name, value in asdict(options).items() if name not in NOT_OF_THE_RESULT
    }
    del resolved["seed"]
    plan = StagePlan(
        stage="simclr",
        artefact=workspace.encoder,
        options=resolved,
        inputs={"images": records.fingerprint(list(images.stats))},
        seed=options.seed,
    )
    result = plan.up_to_date(rerun, progress)
    if result is not None:
        return result
    key = [dict(plan.options), dict(plan.inputs), plan.seed, __version__]
    checkpoints = Checkpoints(workspace.encoder_checkpoint, records.fingerprint(key))
    if rerun.force:
        checkpoints.remove()
    pixels = _read(images, options, workspace, progress)
    log = SimclrLog(workspace.simclr_log)
    try:
        backbone, about = train_encoder(
            pixels,
            options,
            progress,
            checkpoints=checkpoints,
            agreement=agreement,
            report=log.add,
        )
    except torch.OutOfMemoryError as error:
        raise _too_large(pixels, options) from error
    result = _finish(plan, backbone, about, pixels, log)
    checkpoints.remove()
    seconds = duration(result.record.seconds)
    progress.say(f"trained {options.backbone} on {len(pixels):,} images in {seconds}")
    return result


def _read(
    images: ImagesToLearn, options: SimclrOptions, workspace: Workspace, progress: Progress
) -> Pixels:
    size = options.image_size or measured_side(images.names, images.folder)
    progress.begin("reading images", len(images.names), "images")
    pixels = read_pixels(
        images.names,
        images.folder,
        size,
        workers=options.workers,
        advance=progress.advance,
        scratch=workspace.root,
    )
    if len(pixels) < 2:
        lost = [f"; {name}: {reason}" for name, reason in pixels.unreadable.items()]
        raise InputError(
            f"expected at least 2 images that can be read, found {len(pixels)} of "
            f"{len(images.names)}{''.join(lost[:1])}",
            "Look at the images, or name the right folder.",
        )
    if pixels.unreadable:
        progress.say(f"{len(pixels.unreadable)} unreadable images are not used in training")
    return pixels


def _finish(
    plan: StagePlan,
    backbone: torch.nn.Module,
    about: TrainedEncoder,
    pixels: Pixels,
    log: SimclrLog,
) -> StageResult:
    made = {**about.training, "options": dict(plan.options), "seed": plan.seed}
    save_encoder(plan.artefact, backbone, replace(about, training={**made, "version": __version__}))
    details = {**about.training, "image_size": about.image_size}
    if log.last is not None:
        details |= {"loss": round(log.last.loss, 6), "agreement": log.last.agreement}
    counts = RowCounts(
        rows_in=len(pixels) + len(pixels.unreadable),
        used=len(pixels),
        quarantined=len(pixels.unreadable),
    )
    device = str(plan.options["device"])
    return plan.finish([plan.artefact], counts, device=device, details=details)


def _too_large(pixels: Pixels, options: SimclrOptions) -> InputError:
    batch = options.batch_for(len(pixels))
    return InputError(
        f"a batch of {batch} images of {pixels.size} x {pixels.size} pixels does not fit in the "
        f"memory of the {options.device} device with the backbone {options.backbone}",
        "Choose a smaller --batch-size or --image-size.",
    )
