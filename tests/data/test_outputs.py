"""Places of results, before any work."""

import os
import tempfile
from pathlib import Path

import pytest

from labelfix.data import atomic
from labelfix.errors import OutputError

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
