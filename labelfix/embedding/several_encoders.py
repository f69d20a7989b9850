"""The embeddings of a manifest's images by several encoders, each made once and kept apart."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labelfix.data import embeddings, records
from labelfix.data.encoder_views import (
    EncoderView,
    folder_of,
    joined_reasons,
    rows_in_all,
    views_as_json,
    views_in,
)
from labelfix.data.records import Record, Rerun, StagePlan, StageResult, frozen_error
from labelfix.data.workspace import Workspace
from labelfix.embedding.one_encoder import ChosenEncoder, count_rows, embed_by_one
from labelfix.embedding.parts import ImagesToEmbed
from labelfix.encoders.registry import ONLY_VECTORS
from labelfix.errors import InputError
from labelfix.progress import Progress


def embed_by_several(
    workspace: Workspace,
    to_embed: Sequence[ImagesToEmbed],
    chosen: Sequence[ChosenEncoder],
    progress: Progress,
    rerun: Rerun,
    keep_manifest: Callable[[], None],
) -> StageResult:
    """Embed the images by each encoder that has not done so, and record them as one.

    Embeddings by one of them alone are reused; those by other encoders stay for a later run.

    Args:
        workspace: open and locked.
        to_embed: the same images for each encoder.
        chosen: V encoders.
        progress: reports progress.
        rerun: what to do with existing embeddings.
        keep_manifest: called once the run can no longer fail or be refused.

    Raises:
        InputError: an encoder's name is unusable, or too few images are readable by all.
        WeightsUnavailableError: an encoder's weights are unavailable.
        WorkspaceError: frozen, and the embeddings are of other encoders or options.
    """
    started = time.monotonic()
    encoders = [encoder.options.encoder for encoder in chosen]
    check_not_frozen(workspace, encoders, rerun)
    workspace.encoders.mkdir(exist_ok=True)
    _put_aside(workspace)
    results = []
    for images, encoder in zip(to_embed, chosen, strict=True):
        name = encoder.options.encoder
        target = workspace.root / folder_of(name)
        result = embed_by_one(target, images, encoder, progress, rerun)
        how = "kept" if result.skipped else "done"
        progress.say(f"embeddings by {name}: {how}")
        results.append(result)
    keep_manifest()
    views = [_view(encoder, result) for encoder, result in zip(chosen, results, strict=True)]
    joined = _Joined(
        workspace=workspace, to_embed=to_embed[0], first=chosen[0], views=views, results=results
    )
    return _record(joined, started, progress, rerun)


def bring_back(workspace: Workspace, encoder: str, rerun: Rerun) -> None:
    """Reuse what one of several encoders made, now that it runs alone.

    Raises:
        WorkspaceError: frozen, and the embeddings are by several encoders.
    """
    record = records.read_record(workspace.embeddings)
    if record is not None and not views_in(record):
        return
    kept = workspace.root / folder_of(encoder)
    if records.read_record(kept) is not None:
        check_not_frozen(workspace, encoder, rerun)
        _move(kept, workspace.embeddings)


def check_not_frozen(workspace: Workspace, encoders: str | Sequence[str], rerun: Rerun) -> None:
    """Check that frozen embeddings are by the wanted encoders.

    Raises:
        WorkspaceError: they are by others.
    """
    record = records.read_record(workspace.embeddings)
    wanted = encoders if isinstance(encoders, str) else list(encoders)
    if rerun.frozen and record is not None and record.options["encoder"] != wanted:
        difference = f"encoder was {record.options['encoder']}, is {wanted}"
        raise frozen_error(workspace.embeddings, difference)


def remove_others(workspace: Workspace, made: Record) -> None:
    """Delete embeddings by encoders that are no longer in use.

    Args:
        workspace: with finished embeddings.
        made: their record.
    """
    in_use = {Path(view.folder).name for view in views_in(made)}
    for found in sorted(workspace.encoders.glob("*")):
        if found.is_dir() and found.name not in in_use:
            records.record_path(found).unlink(missing_ok=True)
            shutil.rmtree(found)


def records_of_encoders(workspace: Workspace, made: Record) -> list[Record]:
    """The record of each encoder's embeddings.

    Args:
        workspace: with finished embeddings.
        made: their record.
    """
    folders = [workspace.root / view.folder for view in views_in(made)]
    return [embeddings.finished_record(folder) for folder in folders] or [made]


def dimensions_of(record: Record) -> list[int]:
    """D of each encoder's embeddings."""
    return [view.dimension for view in views_in(record)] or [record.details["dimension"]]


def _put_aside(workspace: Workspace) -> None:
    """Move what one encoder alone made into a folder beside the others'."""
    record = records.read_record(workspace.embeddings)
    if record is not None and not views_in(record):
        _move(workspace.embeddings, workspace.root / folder_of(record.options["encoder"]))


def _move(folder: Path, target: Path) -> None:
    """Move finished embeddings; if the run is killed meanwhile, the next finds all parts."""
    record = records.read_record(folder)
    if target.exists():
        shutil.rmtree(target)
    folder.rename(target)
    records.record_path(folder).unlink(missing_ok=True)
    if record is not None:
        outputs = {f"{target.name}/{Path(name).name}": sha for name, sha in record.outputs.items()}
        records.write_record(target, replace(record, outputs=outputs))


def _view(chosen: ChosenEncoder, result: StageResult) -> EncoderView:
    details = result.record.details
    return EncoderView(
        encoder=chosen.options.encoder,
        folder=folder_of(chosen.options.encoder),
        dimension=details["dimension"],
        fingerprint=details["fingerprint"],
        has_file_hashes=chosen.name.kind != ONLY_VECTORS,
    )


@dataclass(frozen=True, kw_only=True)
class _Joined:
    """The embeddings by V encoders, recorded as one.

    Attributes:
        workspace: open and locked.
        to_embed: the images.
        first: the first of the encoders.
        views: V.
        results: of embedding by each.
    """

    workspace: Workspace
    to_embed: ImagesToEmbed
    first: ChosenEncoder
    views: Sequence[EncoderView]
    results: Sequence[StageResult]

    @property
    def folders(self) -> list[Path]:
        """Of each encoder's parts."""
        return [self.workspace.root / view.folder for view in self.views]

    def images(self) -> int:
        """The number of images that all encoders could use.

        Raises:
            InputError: too few.
        """
        names = [embeddings.load_image_names(folder) for folder in self.folders]
        images, least = len(rows_in_all(names)[0]), self.to_embed.least
        if images < least:
            raise InputError(
                f"expected at least {least} image{'s' * (least > 1)} that every encoder can use, "
                f"found {images} of {len(self.to_embed.names)}",
                "Look at the images that were quarantined, or leave an encoder out.",
            )
        return images

    def quarantined(self) -> dict[str, str]:
        """The images that an encoder could not use, and why."""
        reasons = [embeddings.load_quarantined(folder) for folder in self.folders]
        return joined_reasons(reasons, [view.encoder for view in self.views])

    def parts(self) -> list[Path]:
        """Every file of vectors."""
        return [
            folder.parent / name
            for folder, result in zip(self.folders, self.results, strict=True)
            for name in result.record.outputs
        ]


def _record(joined: _Joined, started: float, progress: Progress, rerun: Rerun) -> StageResult:
    """Write the record of all views, which later stages read."""
    target, views = joined.workspace.embeddings, joined.views
    device = joined.first.settings.device
    plan = StagePlan(
        stage="embed",
        artefact=target,
        options={
            "encoder": [view.encoder for view in views],
            "device": device,
            "batch_size": joined.first.options.encoded_at_once,
            "part_rows": joined.first.options.part_rows,
        },
        inputs={f"embeddings by {view.encoder}": view.fingerprint for view in views},
        started=started,
    )
    up_to_date = plan.up_to_date(Rerun(frozen=rerun.frozen), progress)
    if up_to_date is not None and all(result.skipped for result in joined.results):
        return up_to_date
    quarantined = joined.quarantined()
    details = {
        "encoder": " + ".join(view.encoder for view in views),
        "dimension": sum(view.dimension for view in views),
        "images": joined.images(),
        "images_quarantined": len(quarantined),
        "precision": ", ".join(
            dict.fromkeys(result.record.details["precision"] for result in joined.results)
        ),
        "fingerprint": records.fingerprint([view.fingerprint for view in views]),
        "views": views_as_json(views),
    }
    if target.exists():  # parts of one encoder that never finished
        shutil.rmtree(target)
    counts = count_rows(joined.to_embed, quarantined)
    return plan.finish(joined.parts(), counts, device=device, details=details)
