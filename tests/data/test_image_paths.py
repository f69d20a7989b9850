"""Image names against the folder: class folders, names that lead out, missing files."""

import os

import pyarrow as pa
import pytest

from labelfix.data import class_folders, image_paths
from labelfix.data.manifest import Manifest, ManifestSource
from labelfix.errors import InputError


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "images"
    path.mkdir()
    return path


def fill(folder, *names):
    """Make empty files, named by text or bytes."""
    for name in names:
        path = folder / (os.fsdecode(name) if isinstance(name, bytes) else name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError:
            pytest.skip("this file system takes only UTF-8 names")


def listing(*images):
    labels = ["x"] * len(images)
    table = pa.table({"photo": list(range(len(images))), "label": labels})
    source = ManifestSource(path="m.csv", sha256="0" * 64)
    return Manifest(
        table=table,
        image_column="photo",
        label_column="label",
        source=source,
        images=list(images),
        given_labels=labels,
    )


# --- one folder per class ------------------------------------------------------------------------


def test_folder_manifest__sorted_images_and_their_classes(folder):
    fill(folder, "dog/2.png", "dog/10.jpg", "cat/a.JPEG", "cat/deep/er/b.webp", "cat/z.svg")
    opened, findings = class_folders.folder_manifest(folder)
    assert opened.table.to_pydict() == {
        "image": ["cat/a.JPEG", "cat/z.svg", "cat/deep/er/b.webp", "dog/10.jpg", "dog/2.png"],
        "label": ["cat", "cat", "cat", "dog", "dog"],
    }
    assert opened.images == opened.table["image"].to_pylist()
    assert (opened.image_column, opened.label_column) == ("image", "label")
    assert opened.source.path == str(folder)
    assert findings == []


@pytest.mark.parametrize("name", ["007", "NA", "True", " cat ", "a,b", "é🦆", "=1", "bytes:x"])
def test_folder_manifest__class_is_the_folders_name_as_it_is(folder, name):
    fill(folder, f"{name}/a.png")
    opened, _ = class_folders.folder_manifest(folder)
    assert opened.given_labels == [name]


def test_folder_manifest__file_names_of_any_bytes(folder):
    raw = [b"a,b.png", b"c\nd.png", b"caf\xe9.png", "🦆.png".encode(), b"\xff.png"]
    fill(folder, *(b"x/" + name for name in raw))
    opened, _ = class_folders.folder_manifest(folder)
    assert sorted(os.fsencode(image) for image in opened.images) == sorted(
        b"x/" + name for name in raw
    )
    image_paths.check_image_names(opened, folder)
    assert image_paths.rows_without_image(opened, folder) == []


def test_folder_manifest__other_files_are_counted_and_hidden_ones_are_not(folder):
    fill(folder, "cat/a.png", "cat/notes.txt", "readme.md")
    fill(folder, "cat/.b.png", "cat/.c/d.png", ".ipynb_checkpoints/a.png", ".DS_Store")
    opened, findings = class_folders.folder_manifest(folder)
    assert opened.images == ["cat/a.png"]
    assert findings == ["2 files without an image ending were left out, for example cat/notes.txt"]


def test_folder_manifest__one_other_file(folder):
    fill(folder, "cat/a.png", b"cat/\xff")
    _, findings = class_folders.folder_manifest(folder)
    assert findings == ["1 file without an image ending was left out, for example bytes:cat/%FF"]


def test_folder_manifest__linked_folders_are_counted_but_not_followed(folder, tmp_path):
    fill(folder, "cat/a.png")
    fill(tmp_path / "elsewhere", "b.png")
    (folder / "dog").symlink_to(tmp_path / "elsewhere")
    (folder / "cat" / "more").symlink_to(tmp_path / "elsewhere")
    (folder / "cat" / "loop").symlink_to(folder)
    opened, findings = class_folders.folder_manifest(folder)
    assert opened.images == ["cat/a.png"]
    assert [finding.split(" without")[0] for finding in findings] == ["3 files"]


def test_folder_manifest__folder_that_is_named_like_an_image(folder):
    fill(folder, "x.jpg/a.png")
    opened, _ = class_folders.folder_manifest(folder)
    assert (opened.images, opened.given_labels) == (["x.jpg/a.png"], ["x.jpg"])


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([], "found no class folder with one"),
        (["cat/a.txt"], "found no class folder with one"),
        (["a.png", "b.png"], "found 2 images outside of any, for example a.png"),
        (["cat/a.png", "b.png"], "found 1 images outside of any, for example b.png"),
    ],
)
def test_folder_manifest__no_class_folders(folder, files, found):
    fill(folder, *files)
    with pytest.raises(InputError) as caught:
        class_folders.folder_manifest(folder)
    assert caught.value.message == (
        f"{folder}: without a manifest, expected one folder of images per class, {found}"
    )


def test_folder_manifest__class_name_that_is_no_utf8(folder):
    fill(folder, b"caf\xe9/a.png")
    with pytest.raises(InputError, match="folder name 'bytes:caf%E9' is not valid UTF-8"):
        class_folders.folder_manifest(folder)


@pytest.mark.parametrize(("kind", "found"), [("none", "nothing"), ("file", "a file")])
def test_folder_manifest__no_folder(tmp_path, kind, found):
    if kind == "file":
        (tmp_path / "images").write_text("")
    with pytest.raises(InputError, match=f"expected an image folder at .*, found {found}"):
        class_folders.folder_manifest(tmp_path / "images")


@pytest.mark.parametrize("unreadable", ["", "cat", "cat/deep"])
def test_folder_manifest__folder_that_cannot_be_read_is_no_empty_one(
    folder, monkeypatch, unreadable
):
    fill(folder, "cat/a.png", "cat/deep/b.png", "dog/c.png")
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path) == str(folder / unreadable):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=f"{unreadable} could not be read: Permission denied"):
        class_folders.folder_manifest(folder)


# --- names that lead out -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        ("a\0.png", "has a NUL character"),
        ("/etc/passwd", "is an absolute path"),
        ("//host/x.png", "is an absolute path"),
        ("C:\\x.png", "is an absolute path"),
        ("c:/x.png", "is an absolute path"),
        ("\\\\host\\share\\x.png", "is an absolute path"),
        ("..", "leads upwards with '..'"),
        ("../x.png", "leads upwards with '..'"),
        ("a/../../x.png", "leads upwards with '..'"),
        ("a/../x.png", "leads upwards with '..'"),
        ("a\\..\\..\\x.png", "leads upwards with '..'"),
        ("a/..", "leads upwards with '..'"),
    ],
)
def test_check_image_names__unsafe_name(folder, name, reason):
    opened = listing("a.png", name)
    with pytest.raises(InputError) as caught:
        image_paths.check_image_names(opened, folder)
    assert caught.value.message == (
        f"m.csv, column 'photo': expected paths inside {folder}, found row 2: {name!r} {reason}"
    )


@pytest.mark.parametrize(
    "name",
    ["a.png", "sub/a.png", "./a.png", "a//b.png", "...", "a..b.png", "..a", "a b,c\n.png", "C:",
     "bytes:x", "\udcff.png", "x" * 5000, "x/" * 3000 + "y", "~/a.png", "$HOME", "*.png", "."],
)  # fmt: skip
def test_check_image_names__name_inside_need_not_be_there(folder, name):
    image_paths.check_image_names(listing(name), folder)


def test_check_image_names__many_are_counted_by_cause_and_by_folder(folder):
    names = [*(f"../{number}" for number in range(5)), "/x/5", "C:\\y\\6", "/z/7", "/z/8"]
    with pytest.raises(InputError) as caught:
        image_paths.check_image_names(listing("a", *names), folder)
    assert caught.value.message == (
        f"m.csv, column 'photo': expected paths inside {folder}, found 9 rows whose path leads "
        "upwards with '..' (5), is an absolute path (4); by folder 5 in '..', 2 in '/z', "
        "1 in '/x', 1 in another; for example row 2: ../0, row 3: ../1, row 4: ../2"
    )


def test_check_image_names__bytes_in_a_bad_name_are_spelled_out(folder):
    with pytest.raises(InputError, match=r"row 1: 'bytes:\.\./%FF'"):
        image_paths.check_image_names(listing("../\udcff"), folder)


@pytest.fixture
def links(folder, tmp_path):
    """Links of every kind, out of the folder and inside of it."""
    fill(tmp_path / "outside", "secret.png", "deep/secret.png")
    fill(tmp_path / "images-of-others", "a.png")
    fill(folder, "real.png", "sub/real.png")
    for name, target in {
        "out.png": "../outside/secret.png",
        "out_absolute.png": tmp_path / "outside" / "secret.png",
        "out_twice.png": "out.png",
        "out_dangling.png": "../outside/nothing.png",
        "out_folder": "../outside",
        "sub/out_folder": tmp_path / "outside",
        "prefix": "../images-of-others",
        "in.png": "real.png",
        "sub/in.png": "../real.png",
        "in_folder": "sub",
        "dangling.png": "nothing.png",
        "loop": "loop",
    }.items():
        (folder / name).symlink_to(target)
    return folder


FILE_OUT = "is a link that leads out of the image folder"
FOLDER_OUT = "passes a link that leads out of the image folder"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out.png", FILE_OUT),
        ("out_absolute.png", FILE_OUT),
        ("out_twice.png", FILE_OUT),
        ("out_dangling.png", FILE_OUT),
        ("out_folder", FILE_OUT),
        ("prefix", FILE_OUT),
        ("out_folder/secret.png", FOLDER_OUT),
        ("out_folder/", FOLDER_OUT),
        ("out_folder/deep/secret.png", FOLDER_OUT),
        ("out_folder/not_there.png", FOLDER_OUT),
        ("sub/out_folder/secret.png", FOLDER_OUT),
        ("in_folder/out_folder/secret.png", FOLDER_OUT),
        ("prefix/a.png", FOLDER_OUT),
    ],
)
def test_check_image_names__link_that_leads_out(links, name, reason):
    with pytest.raises(InputError) as caught:
        image_paths.check_image_names(listing("sub/real.png", "real.png", name), links)
    assert caught.value.message.endswith(f"found row 3: {name!r} {reason}")


@pytest.mark.parametrize(
    "name",
    ["in.png", "sub/in.png", "in_folder/real.png", "in_folder/in.png", "dangling.png", "loop",
     "loop/a.png", "real.png/a.png"],
)  # fmt: skip
def test_check_image_names__link_that_stays_inside(links, name):
    image_paths.check_image_names(listing(name), links)


def test_check_image_names__image_folder_may_be_a_link_itself(links, tmp_path):
    (tmp_path / "link").symlink_to(links)
    image_paths.check_image_names(listing("real.png", "in.png"), tmp_path / "link")
    with pytest.raises(InputError, match=FILE_OUT):
        image_paths.check_image_names(listing("out.png"), tmp_path / "link")


def test_check_image_names__no_folder(tmp_path):
    with pytest.raises(InputError, match=r"expected an image folder at .*, found nothing"):
        image_paths.check_image_names(listing("a.png"), tmp_path / "images")


# --- files that are not there --------------------------------------------------------------------


def test_rows_without_image__every_row_of_a_missing_image(links):
    names = ["real.png", "no.png", "sub/real.png", "no.png", "sub", "x" * 5000, "a\ud800"]
    assert image_paths.rows_without_image(listing(*names), links) == [1, 3, 5, 6]


def test_rows_without_image__broken_link_is_there(links):
    """It is quarantined when it is opened, with a reason of its own."""
    assert image_paths.rows_without_image(listing("dangling.png", "loop"), links) == []


def test_stat_lines__change_with_size_time_and_rights(folder):
    fill(folder, "a.png", "b.png", "d.png")
    images = ["a.png", "b.png", "c.png", "d.png", "a\0", "x" * 5000]
    for name in ("a.png", "b.png", "d.png"):
        os.utime(folder / name, ns=(5, 7))
        (folder / name).chmod(0o644)
    before = image_paths.stat_lines(images, folder)
    assert before[0] == f"a.png\x000\x007\x00{0o100644}"
    assert before[2] == "c.png\0missing"
    assert before[4:] == ["a\0\0missing", "x" * 5000 + "\0missing"]
    (folder / "a.png").write_bytes(b"x")
    os.utime(folder / "a.png", ns=(5, 7))
    os.utime(folder / "b.png", ns=(5, 8))
    (folder / "c.png").touch()
    (folder / "d.png").chmod(0o600)
    after = image_paths.stat_lines(images, folder)
    assert [line != old for line, old in zip(after, before, strict=True)] == [
        True, True, True, True, False, False,
    ]  # fmt: skip


def test_unlabelled_manifest__every_image_at_any_depth(tmp_path):
    for name in ("b.png", "a/c.JPG", "a/deep/d.webp", "z/a.gif", ".hidden/e.png", "a/.f.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    opened, findings = class_folders.unlabelled_manifest(tmp_path)
    assert opened.images == ["a/c.JPG", "a/deep/d.webp", "b.png", "z/a.gif"]
    assert opened.given_labels == [""] * 4
    assert opened.source.is_folder
    assert findings == []
    (tmp_path / "a" / "read me.txt").touch()
    _, findings = class_folders.unlabelled_manifest(tmp_path)
    assert findings == ["1 file without an image ending was left out, for example a/read me.txt"]


@pytest.mark.parametrize(("files", "found"), [([], "no file"), (["a.txt", "b/c.txt"], "2 other")])
def test_unlabelled_manifest__no_image(tmp_path, files, found):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=f"expected images, found {found}"):
        class_folders.unlabelled_manifest(tmp_path)
