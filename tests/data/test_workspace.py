"""The workspace folder: its format, its lock, and folders that are none."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from labelfix.data.workspace import FORMAT, Workspace, locked, open_workspace
from labelfix.errors import LabelfixError, OutputError, WorkspaceError
from labelfix.runtime.atomic import TEMPORARY_MARK
from labelfix.version import __version__

HOLD = """
import sys
from pathlib import Path
from labelfix.data.workspace import locked, open_workspace
with locked(open_workspace(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def holder_of(root):
    """Another process that holds a workspace until the block ends or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.communicate(timeout=20)


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_open_workspace__new_folder(tmp_path):
    root = tmp_path / "a" / ".labelfix"
    workspace = open_workspace(root)
    assert workspace.root == root
    marker = json.loads((root / "workspace.json").read_text())
    assert marker == {"format": FORMAT, "labelfix": __version__}
    assert (root / ".gitignore").read_text() == "*\n"


def test_open_workspace__again(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    workspace.manifest.write_text("kept")
    (workspace.root / "workspace.json").write_text(json.dumps({"format": FORMAT, "labelfix": "0"}))
    before = files_in(workspace.root)
    open_workspace(workspace.root)
    assert files_in(workspace.root) == before


def test_workspace__names_are_different_and_inside(tmp_path):
    paths = [path for name, path in vars(Workspace(tmp_path)).items() if name != "root"]
    assert len(set(paths)) == len(paths)
    assert {path.parent for path in paths} == {tmp_path}


@pytest.mark.parametrize(
    ("marker", "found"),
    [
        ('{"format": 0}', "0"),
        ('{"format": 2}', "2"),
        ('{"format": "1"}', "1"),
        ('{"labelfix": "0.1.0"}', "unreadable"),
        ("[]", "unreadable"),
        ("", "unreadable"),
    ],
)
def test_open_workspace__another_format(tmp_path, marker, found):
    (tmp_path / "workspace.json").write_text(marker, encoding="utf-8")
    (tmp_path / "denoiser.json").write_text("theirs")
    before = files_in(tmp_path)
    with pytest.raises(WorkspaceError) as caught:
        open_workspace(tmp_path)
    assert caught.value.message == (
        f"{tmp_path / 'workspace.json'} is of format {found}; "
        f"labelfix {__version__} reads format {FORMAT}"
    )
    assert caught.value.exit_code == 2
    assert files_in(tmp_path) == before


def test_open_workspace__marker_is_no_utf8(tmp_path):
    (tmp_path / "workspace.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(WorkspaceError, match="is of format unreadable"):
        open_workspace(tmp_path)


@pytest.mark.parametrize("theirs", ["manifest.parquet", "cat.png", "embeddings/notes.txt"])
def test_open_workspace__folder_with_other_files(tmp_path, theirs):
    """Nothing of the user's may be overwritten, not even a .gitignore."""
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("theirs")
    (tmp_path / ".gitignore").write_text("*.log\n")
    before = files_in(tmp_path)
    with pytest.raises(WorkspaceError) as caught:
        open_workspace(tmp_path)
    assert caught.value.message == (
        f"expected an empty folder or a workspace of labelfix at {tmp_path}, "
        f"found {theirs.partition('/')[0]!r} in it"
    )
    assert files_in(tmp_path) == before


def test_open_workspace__empty_folder_with_a_gitignore(tmp_path):
    (tmp_path / ".gitignore").write_text("*.log\n")
    open_workspace(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*.log\n"


def test_open_workspace__killed_while_it_was_made(tmp_path):
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / f"workspace.json{TEMPORARY_MARK}00000000").write_text("{")
    workspace = open_workspace(tmp_path)
    with locked(workspace):
        assert sorted(files_in(tmp_path)) == [".gitignore", "lock", "lock.json", "workspace.json"]


@pytest.mark.parametrize("name", ["file", "file/below", "workspace.json as a folder"])
def test_open_workspace__cannot_be_a_folder(tmp_path, name):
    (tmp_path / "file").write_text("theirs")
    (tmp_path / "workspace.json as a folder" / "workspace.json").mkdir(parents=True)
    with pytest.raises(WorkspaceError, match=r"the workspace .* cannot be used: [A-Z]"):
        open_workspace(tmp_path / name)
    assert (tmp_path / "file").read_text() == "theirs"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_open_workspace__file_system_takes_no_files(labelfix, write_images, tmp_path):
    manifest = write_images(tmp_path / "data", ["a", "b"])
    outcome = labelfix(
        "embed", tmp_path / "data" / "images", manifest, "-w", "/proc/w", "--encoder", "hog"
    )
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: the workspace /proc/w cannot be used: ")


def test_locked__names_this_process_while_it_lasts(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    with locked(workspace):
        assert json.loads((workspace.root / "lock.json").read_text()) == {"pid": os.getpid()}
    assert not (workspace.root / "lock.json").exists()
    with locked(workspace):
        pass


def test_locked__block_fails(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    with pytest.raises(KeyboardInterrupt), locked(workspace):
        raise KeyboardInterrupt
    assert not (workspace.root / "lock.json").exists()
    with locked(workspace):
        pass


def test_locked__twice_in_one_process(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    with locked(workspace):
        refusal = pytest.raises(WorkspaceError, match=rf"another run \(process {os.getpid()}\)")
        with refusal, locked(workspace):
            pass
        assert (workspace.root / "lock.json").exists()  # it is the first one's


def test_locked__held_by_another_process_that_is_killed(labelfix, write_images, tmp_path):
    manifest = write_images(tmp_path / "data", ["a", "b"])
    command = ["embed", tmp_path / "data" / "images", manifest, "-w", "w", "--encoder", "hog"]
    with holder_of(tmp_path / "w") as holder:
        outcome = labelfix(*command)
        assert outcome.code == 2
        assert outcome.stderr.splitlines()[0] == (
            f"error: the workspace w is in use by another run (process {holder.pid})"
        )
        assert sorted(files_in(tmp_path / "w")) == [
            ".gitignore",
            "lock",
            "lock.json",
            "workspace.json",
        ]
        holder.kill()
        holder.wait(timeout=20)
        assert json.loads((tmp_path / "w" / "lock.json").read_text()) == {"pid": holder.pid}
        assert labelfix(*command).code == 0
    assert not (tmp_path / "w" / "lock.json").exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", "7", '{"pid"'])
def test_locked__holder_has_not_yet_written_its_id(tmp_path, content):
    workspace = open_workspace(tmp_path / "w")
    with locked(workspace):
        (workspace.root / "lock.json").write_text(content)
        with pytest.raises(WorkspaceError) as caught, locked(workspace):
            pass
    assert caught.value.message == f"the workspace {workspace.root} is in use by another run"
    assert caught.value.hint == "Wait for it to end, or name another folder with --workspace."


def test_locked__removes_what_a_killed_run_left(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    workspace.embeddings.mkdir()
    half = workspace.embeddings / f"part-00000.parquet{TEMPORARY_MARK}0a1b2c3d"
    half.write_text("half a part")
    with locked(workspace):
        assert not half.exists()


def test_locked__lock_cannot_be_opened(tmp_path):
    workspace = open_workspace(tmp_path / "w")
    (workspace.root / "lock").mkdir()
    with pytest.raises(LabelfixError, match="cannot be locked"), locked(workspace):
        pass


def test_locked__disk_is_full(tmp_path, monkeypatch):
    workspace = open_workspace(tmp_path / "w")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left on device"), locked(workspace):
            pass
    with locked(workspace):
        pass
