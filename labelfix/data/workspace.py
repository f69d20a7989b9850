"""The folder in which the stages work: its file names, format and lock."""

import contextlib
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from labelfix.data import names
from labelfix.data.encoder_views import FOLDER
from labelfix.errors import MissingStageError, WorkspaceError
from labelfix.runtime import atomic
from labelfix.version import __version__

FORMAT = 1
"""Raised when the files of a workspace change so that an older labelfix would misread them."""
MARKER = "workspace.json"
_FIRST_FILES = (MARKER, "lock")
"""Files with these prefixes may come from another run, or from a killed one."""


class Workspace:
    """The path of every file in a workspace; made by `open_workspace`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = root / "manifest.parquet"
        self.encoder = root / "encoder.safetensors"
        self.encoder_checkpoint = root / "encoder_checkpoint.safetensors"
        self.simclr_log = root / "simclr.jsonl"
        self.embeddings = root / "embeddings"
        self.encoders = root / FOLDER
        self.class_vectors = root / "class_vectors.parquet"
        self.label_classes = root / "label_classes.json"
        self.neighbours = root / "neighbours.parquet"
        self.index = root / "index"
        self.denoiser = root / "denoiser.safetensors"
        self.denoiser_config = root / "denoiser.json"
        self.checkpoint = root / "checkpoint.safetensors"
        self.training_log = root / "training.jsonl"
        self.corrections = root / "corrections.parquet"
        self.learned_noise = root / "learned_noise.safetensors"
        self.noise_transition = root / "noise_transition.csv"
        self.annotators = root / "annotators.csv"
        self.audits = root / "audits.parquet"
        self.decisions = root / "decisions.sqlite"
        self.new = root / "new"
        self.batch = root / "batch"
        self.bench = root / "bench"


def check_there(root: Path) -> None:
    """Check that there is a workspace, before a command would make an empty one.

    Raises:
        MissingStageError: there is no workspace.
    """
    if not (root / MARKER).is_file():
        raise MissingStageError(
            f"expected a workspace at {root}, found none",
            "Run labelfix embed IMAGES MANIFEST first, or name its folder with --workspace.",
        )


def existing_workspace(root: Path) -> Workspace:
    """A workspace that is only read, maybe in a read-only folder.

    Raises:
        MissingStageError: there is no workspace.
        WorkspaceError: it has another format.
    """
    if not (root / MARKER).is_file():
        raise MissingStageError(
            f"expected a trained workspace at {root}, found none",
            "Make one from labels that you trust: labelfix run IMAGES MANIFEST --out FILE "
            f"--workspace {shlex.quote(str(root))}",
        )
    _check_format(root / MARKER)
    return Workspace(root)


def open_workspace(root: Path) -> Workspace:
    """Make a workspace folder, or check the format of an existing one.

    Raises:
        WorkspaceError: the folder cannot be made or written, holds the user's files, or has
            another format.
    """
    marker = root / MARKER
    try:
        root.mkdir(parents=True, exist_ok=True)
        if marker.exists():
            _check_format(marker)
        else:
            _check_empty(root)
            if not (root / ".gitignore").exists():
                (root / ".gitignore").write_text("*\n", encoding="utf-8")
            atomic.write_json(marker, {"format": FORMAT, "labelfix": __version__})
    except OSError as error:
        raise WorkspaceError(
            f"the workspace {root} cannot be used: {error.strerror or error}",
            "Name a folder that you may write to with --workspace.",
        ) from error
    if not os.access(root, os.W_OK):
        raise WorkspaceError(
            f"the workspace {root} is read-only",
            "Name a folder that you may write to with --workspace.",
        )
    return Workspace(root)


@contextlib.contextmanager
def locked(workspace: Workspace) -> Iterator[None]:
    """Hold a workspace for one run; a run that died holds no lock.

    Raises:
        WorkspaceError: another run holds it; the message names the process.
    """
    holder = workspace.root / "lock.json"
    lock = FileLock(workspace.root / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:  # an OSError too
        raise WorkspaceError(
            f"the workspace {workspace.root} is in use by another run{_named(holder)}",
            "Wait for it to end, or name another folder with --workspace.",
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"the workspace {workspace.root} cannot be locked: {error.strerror or error}",
            "Name a folder that you may write to with --workspace.",
        ) from error
    try:
        atomic.write_json(holder, {"pid": os.getpid()})
        atomic.remove_leftovers(workspace.root)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _named(holder: Path) -> str:
    try:
        return f" (process {json.loads(holder.read_text(encoding='utf-8'))['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # it has the lock but has not written its id yet


def _check_empty(root: Path) -> None:
    """Check that a folder without a marker holds nothing that a stage could overwrite."""
    others = [
        entry.name
        for entry in sorted(root.iterdir())
        if not entry.name.startswith((".", *_FIRST_FILES))
    ]
    if others:
        raise WorkspaceError(
            f"expected an empty folder or a workspace of labelfix at {root}, "
            f"found {names.to_text(others[0])!r} in it",
            "Name a new folder with --workspace.",
        )


def _check_format(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (ValueError, KeyError, TypeError):
        found = "unreadable"
    if found != FORMAT:
        raise WorkspaceError(
            f"{marker} is of format {found}; labelfix {__version__} reads format {FORMAT}",
            "Name a new folder with --workspace, or delete this one to make it again.",
        )
