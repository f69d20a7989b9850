import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path

import pytest

from labelfix.data import atomic
from labelfix.data.atomic import (
    TEMPORARY_MARK,
    remove_leftovers,
    replacing,
    write_json,
    write_text,
)
from labelfix.errors import OutputError


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def fail_at(monkeypatch, function, call):
    """Let the given call of a function of `os` fail as on a full disk; the first is call 1."""
    original = getattr(os, function)
    calls = []

    def failing(*arguments, **options):
        calls.append(arguments)
        if len(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(*arguments, **options)

    monkeypatch.setattr(os, function, failing)


@contextlib.contextmanager
def full_disk():
    """No file may grow beyond 8 bytes meanwhile, not even the one that pytest may print to."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_replacing__target_is_the_old_one_until_the_block_ends(tmp_path):
    target = tmp_path / "result.csv"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == tmp_path  # a rename works on one file system alone
        assert TEMPORARY_MARK in temporary.name
    assert target.read_text() == "new"
    assert names_in(tmp_path) == ["result.csv"]


def test_replacing__makes_the_folders_above(tmp_path):
    target = tmp_path / "a" / "b" / "result.csv"
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


@pytest.mark.parametrize("failure", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_replacing__block_fails(tmp_path, failure):
    target = tmp_path / "result.csv"
    target.write_text("old")
    with pytest.raises(type(failure)), replacing(target) as temporary:
        temporary.write_text("half of the n")
        raise failure
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["result.csv"]


@pytest.mark.parametrize(
    ("function", "call", "left"),
    [
        ("fsync", 1, "old"),  # of the file
        ("replace", 1, "old"),
        ("fsync", 2, "new"),  # of the folder: the file is whole, only the rename may be lost
    ],
)
def test_replacing__disk_fails(tmp_path, monkeypatch, function, call, left):
    target = tmp_path / "result.csv"
    target.write_text("old")
    fail_at(monkeypatch, function, call)
    with pytest.raises(OutputError) as caught, replacing(target) as temporary:
        temporary.write_text("new")
    assert caught.value.message == f"{target} could not be written: No space left on device"
    assert caught.value.exit_code == 2
    assert target.read_text() == left
    assert names_in(tmp_path) == ["result.csv"]


def test_write_text__disk_is_full(tmp_path):
    target = tmp_path / "result.csv"
    target.write_text("old")
    message = r"result\.csv could not be written: File too large"
    with full_disk(), pytest.raises(OutputError, match=message):
        write_text(target, "more than eight bytes")
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["result.csv"]


def test_write_text__folder_is_a_file(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(OutputError, match=r"could not be written: (File exists|Not a directory)"):
        write_text(tmp_path / "results" / "result.csv", "text")
    assert (tmp_path / "results").read_text() == "a file"


def test_write_text__target_is_a_folder(tmp_path):
    target = tmp_path / "result.csv"
    target.mkdir()
    with pytest.raises(OutputError, match="could not be written: Is a directory"):
        write_text(target, "text")
    assert names_in(tmp_path) == ["result.csv"]


def test_write_text__bytes_are_utf8_with_plain_newlines(tmp_path):
    write_text(tmp_path / "text", "grün\n7\r\n")
    assert (tmp_path / "text").read_bytes() == "grün\n7\r\n".encode()


def test_write_json__text_stays_readable(tmp_path):
    write_json(tmp_path / "value.json", {"label": "grün", "rows": [1, 2]})
    expected = '{\n  "label": "grün",\n  "rows": [\n    1,\n    2\n  ]\n}\n'
    assert (tmp_path / "value.json").read_text(encoding="utf-8") == expected


def test_write_json__path_that_is_no_utf8(tmp_path):
    path = os.fsdecode(b"caf\xe9.npy")
    write_json(tmp_path / "value.json", {"encoder": path})
    read = json.loads((tmp_path / "value.json").read_text(encoding="utf-8"))
    assert os.fsencode(read["encoder"]) == b"caf\xe9.npy"


def test_remove_leftovers__in_the_folder_and_below(tmp_path):
    (tmp_path / "embeddings").mkdir()
    kept = [tmp_path / "manifest.parquet", tmp_path / "embeddings" / "part-00000.parquet"]
    for path in kept:
        path.touch()
        path.with_name(f"{path.name}{TEMPORARY_MARK}0a1b2c3d").touch()
    remove_leftovers(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


NOBODY = 65534
"""The user of no rights on Linux; any but 0 would do."""


def test_check_output__makes_the_folder_and_leaves_nothing_in_it(tmp_path):
    atomic.check_output(tmp_path / "new" / "folder" / "fixed.csv")
    assert list((tmp_path / "new" / "folder").iterdir()) == []


@pytest.mark.parametrize("name", ["fixed", "fixed.txt", "fixed.csv.gz", ".csv", "fixed.json"])
def test_check_output__unknown_ending(tmp_path, name):
    with pytest.raises(OutputError, match=r"ends in one of \.csv, \.tsv, \.parquet, \.jsonl"):
        atomic.check_output(tmp_path / name)


def test_check_output__folder(tmp_path):
    (tmp_path / "fixed.csv").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        atomic.check_output(tmp_path / "fixed.csv")


def test_check_output__place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        atomic.check_output(tmp_path / "file" / "fixed.csv")


@pytest.fixture
def read_only():
    """A folder that its owner may not write to; root, who may write anywhere, is nobody meanwhile.

    Not in the folder of the test, which only its owner may enter.
    """
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.rmdir()


def test_check_output__read_only_folder(read_only):
    with pytest.raises(OutputError, match="cannot be written: Permission denied"):
        atomic.check_output(read_only / "fixed.csv")


@pytest.mark.parametrize("link", ["itself", "symbolic", "hard"])
def test_check_output__manifest_itself_is_never_written_to(tmp_path, link):
    source = tmp_path / "manifest.csv"
    source.write_text("image,label\n")
    target = tmp_path / "fixed.csv"
    match link:
        case "itself":
            target = tmp_path / "." / "manifest.csv"
        case "symbolic":
            target.symlink_to(source)
        case "hard":
            target.hardlink_to(source)
    with pytest.raises(OutputError, match="is the manifest itself, which is never written to"):
        atomic.check_output(target, source)
    assert source.read_text() == "image,label\n"


def test_check_output__another_file_may_be_replaced(tmp_path):
    (tmp_path / "manifest.csv").write_text("image,label\n")
    (tmp_path / "fixed.csv").write_text("old")
    atomic.check_output(tmp_path / "fixed.csv", tmp_path / "manifest.csv")
    assert (tmp_path / "fixed.csv").read_text() == "old"


def test_check_place__device_is_never_replaced():
    with pytest.raises(OutputError, match="--report /dev/null: expected a file or none, found a d"):
        atomic.check_place("--report", Path("/dev/null"))


def test_check_place__pipe_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="found a device or a pipe"):
        atomic.check_place("--output-file", tmp_path / "pipe")
