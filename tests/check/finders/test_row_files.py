import os

import pytest

from labelfix.check.finders.row_files import content_hash, is_missing

SHA_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_content_hash__of_a_file(tmp_path):
    (tmp_path / "a.png").write_bytes(b"abc")
    assert content_hash(tmp_path, "a.png") == SHA_OF_ABC


@pytest.mark.parametrize("name", ["gone.png", "", "nul\0.png", "x" * 10_000, "folder", "empty"])
def test_content_hash__of_no_file_is_empty(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    assert content_hash(tmp_path, name) == ""


@pytest.mark.parametrize("name", ["../secret", "link", "{outside}"])
def test_content_hash__never_of_a_file_outside(tmp_path, name):
    (tmp_path / "secret").write_bytes(b"abc")
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    assert content_hash(folder, name.format(outside=tmp_path / "secret")) == ""


def test_content_hash__waits_for_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert content_hash(tmp_path, "pipe") == ""


def test_content_hash__in_a_folder_that_nobody_knows():
    assert content_hash(None, "a.png") == ""


def test_is_missing__only_what_is_not_there(tmp_path):
    (tmp_path / "a.png").touch()
    assert not is_missing(tmp_path, "a.png")
    assert is_missing(tmp_path, "b.png")
    assert is_missing(tmp_path, "x" * 10_000)
    assert not is_missing(tmp_path, "../b.png"), "it is never looked for outside"


def test_is_missing__in_a_folder_that_is_gone(tmp_path):
    assert not is_missing(tmp_path / "gone", "a.png")
    assert not is_missing(None, "a.png")
