"""Image paths as people have them: the one reading that fits is taken, no other is guessed."""

import os

import pytest

from labelfix.data.image_places import place_images
from labelfix.data.manifest import load_manifest, read_manifest, save_manifest
from labelfix.data.manifest_inputs import EmbedInputs, open_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError
from labelfix.options.manifest_options import PATHS, ManifestOptions

FILES = ["cat/a one.JPG", "cat/b.jpg", "dog/c.jpeg", "dog/deep/d.png", "e.tif"]


def fill(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.fixture
def images(tmp_path):
    """An image folder with what operating systems leave in it."""
    fill(tmp_path / "set" / "images", FILES)
    fill(tmp_path / "set" / "images", ["cat/.DS_Store", "cat/Thumbs.db", "cat/._b.jpg"])
    return tmp_path / "set" / "images"


def listed(images, written, *, where="set/labels"):
    """A manifest of some paths, in a folder of its own."""
    folder = images.parent.parent / where
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "m.csv"
    rows = [f'"{name}",{"x" if row % 2 else "y"}' for row, name in enumerate(written)]
    path.write_text("\n".join(["image,label", *rows]) + "\n")
    return read_manifest(path, CsvFormat())


def places(images, written, paths="auto"):
    return place_images(listed(images, written), images, paths)


def each(pattern, names=FILES):
    return [pattern.replace("*", name) for name in names]


MESSES = {
    "slashes": ([name.replace("/", "\\") for name in FILES], "'\\' as '/'"),
    "below": ([f".\\{name}".replace("/", "\\") for name in FILES], "'\\' as '/'"),
    "upper case": ([name.upper() for name in FILES], "in any case"),
    "case of the ending": (
        ["cat/a one.jpg", "cat/b.JPG", "dog/c.JPEG", "dog/deep/d.PNG", "e.TIF"],
        "in any case",
    ),
    "no ending": ([name.rpartition(".")[0] for name in FILES], "with any ending of the format"),
    "other ending": (
        ["cat/a one.jpeg", "cat/b.jpe", "dog/c.jpg", "dog/deep/d.png", "e.tiff"],
        "with any ending of the format",
    ),
    "bare names": ([name.rpartition("/")[2] for name in FILES], "by name, in whatever folder"),
    "bare names without ending": (
        ["a one", "b", "c", "d", "e"],
        "by name, in whatever folder, with any ending of the format",
    ),
    "relative to the manifest": (each("../images/*"), "relative to the manifest"),
    "moved": (each("/home/bob/data/*"), "without '/home/bob/data/'"),
    "moved from Windows": (
        [f"C:\\Users\\bob\\{name}".replace("/", "\\") for name in FILES],
        "'\\' as '/', without 'C:/Users/bob/'",
    ),
    "moved, relative": (each("data/set/*"), "without 'data/set/'"),
    "from the top": (each("/*"), "without '/'"),
    "from elsewhere": (each("../../photos/*"), "without '../../photos/'"),
    "file URLs": (each("file:///mnt/x/*"), "'file://' left out, without '/mnt/x/'"),
    "file URLs of Windows": (each("file:///C:/x/*"), "'file://' left out, without 'C:/x/'"),
    "URLs": (
        [f"https://host/x/{name}?v=1".replace(" ", "%20") for name in FILES],
        "'%20' and the like decoded, URLs as paths, without 'host/x/'",
    ),
    "buckets": (each("s3://bucket/x/*"), "URLs as paths, without 'bucket/x/'"),
    "URL-encoded": (
        [name.replace("/", "%2F").replace(" ", "%20") for name in FILES],
        "'%20' and the like decoded",
    ),
    "spaces around": (each(" * "), "spaces around them left out"),
    "moved, slashes and case": (
        [f"D:\\x\\{name}".replace("/", "\\").upper() for name in FILES],
        "'\\' as '/', in any case, without 'D:/X/'",
    ),
}


@pytest.mark.parametrize("mess", MESSES)
def test_place_images__reading_that_fits_all_is_taken_and_said(images, mess):
    written, how = MESSES[mess]
    found = places(images, written)
    assert found.manifest.images == FILES
    assert found.manifest.table["image"].to_pylist() == written
    changed = sum(name != file for name, file in zip(written, FILES, strict=True))
    rows = f"all {len(FILES)} rows" if changed == len(FILES) else f"{changed} of {len(FILES)} rows"
    first = next(row for row in range(len(FILES)) if written[row] != FILES[row])
    assert found.notes == (
        f"the image paths of {rows} do not fit as written and are read otherwise ({how}): "
        f"'{written[first]}' is '{FILES[first]}'",
    )


@pytest.mark.parametrize("start", ["", "file://"])
def test_place_images__absolute_paths_inside_the_folder(images, start):
    written = [f"{start}{images}/{name}" for name in FILES]
    found = places(images, written)
    assert found.manifest.images == FILES
    assert "relative to the image folder" in found.notes[0]


def test_place_images__absolute_paths_through_a_link(images, tmp_path):
    (tmp_path / "link").symlink_to(images)
    opened = listed(images, [f"{images}/{name}" for name in FILES])
    assert place_images(opened, tmp_path / "link").manifest.images == FILES


def test_place_images__composed_and_decomposed_letters(images):
    fill(images, ["cafe\u0301.png"])
    assert places(images, ["caf\u00e9.png", "e.tif"]).manifest.images == ["cafe\u0301.png", "e.tif"]


def test_place_images__moved_below_another_folder(images):
    found = places(images, ["/old/c.jpeg", "/old/deep/d.png"])
    assert found.manifest.images == ["dog/c.jpeg", "dog/deep/d.png"]
    assert "without '/old/'" in found.notes[0]
    assert "below 'dog/'" in found.notes[0]


def test_place_images__only_rows_that_do_not_fit_are_read_otherwise(images):
    written = ["cat/b.jpg", "dog\\c.jpeg", "E.TIF"]
    found = places(images, written)
    assert found.manifest.images == ["cat/b.jpg", "dog/c.jpeg", "e.tif"]
    assert found.notes[0].startswith("the image paths of 2 of 3 rows do not fit as written")


def test_place_images__fits_as_written(images):
    (images / "cat" / "x%20y.png").touch()
    (images / "b\\c.png").touch()
    written = [*FILES, "./e.tif", "cat//b.jpg", "cat/x%20y.png", "b\\c.png"]
    found = places(images, written)
    assert found.manifest.images == written
    assert found.notes == ()


# --- what is not guessed -------------------------------------------------------------------------


def test_place_images__two_files_of_a_bare_name(images):
    fill(images, ["dog/b.jpg"])
    found = places(images, ["b.jpg", "c.jpeg"])
    assert found.manifest.images == ["b.jpg", "c.jpeg"]
    assert found.notes == ()
    assert found.advice == (
        "Files in several folders have these names: write the folder before each, as in "
        f"'dog/b.jpg', or take the image folder {images}/dog ('b.jpg' is 'dog/b.jpg') if all are "
        "there. "
    )
    assert place_images(found.manifest, images / "dog").manifest.images == ["b.jpg", "c.jpeg"]


def test_place_images__same_names_in_two_folders(images):
    fill(images, ["train/1.png", "train/2.png", "test/1.png", "test/2.png"])
    found = places(images, ["1.png", "2.png"])
    assert found.manifest.images == ["1.png", "2.png"]
    assert found.advice == (
        f"2 readings of the paths fit; take the image folder {images}/test ('1.png' is "
        f"'test/1.png'), or the image folder {images}/train ('1.png' is 'train/1.png'). "
    )
    inside = place_images(found.manifest, images / "train")
    assert inside.manifest.images == ["1.png", "2.png"]


def test_place_images__relative_to_the_manifest_or_moved(images):
    fill(images, ["labels/x/1.png", "x/1.png", "labels/x/2.png", "x/2.png"])
    opened = listed(images, ["../labels/x/1.png", "../labels/x/2.png"], where="set/images/meta")
    found = place_images(opened, images)
    assert found.manifest.images == opened.images
    assert found.advice.startswith("2 readings of the paths fit; take --paths ")
    chosen = place_images(opened, images, "relative-to-manifest")
    assert chosen.manifest.images == ["labels/x/1.png", "labels/x/2.png"]


def test_place_images__missing_file_is_not_another_class(images):
    """`cat/c.jpeg` is gone; the only file of that name is an image of a dog."""
    found = places(images, ["cat/b.jpg", "cat/c.jpeg", "dog/deep/d.png"])
    assert found.manifest.images[1] == "cat/c.jpeg"
    assert found.advice == "--paths by-name finds 1 of 1. "


def test_place_images__few_missing_files_are_not_moved(images):
    found = places(images, ["cat/b.jpg", "old/e.tif"])
    assert found.manifest.images == ["cat/b.jpg", "old/e.tif"]
    assert "--paths moved-prefix finds 1 of 1" in found.advice


def test_place_images__file_belongs_to_one_path(images):
    written = ["CAT/B.jpg", "cat/b.jpg", "dog/c.jpeg"]
    assert places(images, written).manifest.images == written
    written = ["CAT/B.jpg", "Cat/B.jpg"]
    assert places(images, written).manifest.images == written
    chosen = places(images, written, "any-case")
    assert chosen.manifest.images == ["cat/b.jpg", "cat/b.jpg"]


def test_place_images__other_folders_are_an_option(images):
    found = places(images, ["x/a one.JPG", "y/b.jpg", "z/q/d.png", "v/no.png"])
    assert found.notes == ()
    assert found.advice == "--paths by-name finds 3 of 4. "
    chosen = places(images, ["x/a one.JPG", "y/b.jpg", "z/q/d.png", "v/no.png"], "by-name")
    assert chosen.manifest.images == ["cat/a one.JPG", "cat/b.jpg", "dog/deep/d.png", "v/no.png"]


def test_place_images__most_of_a_moved_prefix_is_an_option(images):
    found = places(images, [*each("/old/*"), "/old/gone.png"])
    assert found.notes == ()
    assert found.advice.startswith("--paths moved-prefix finds 5 of 6, ")
    chosen = places(images, [*each("/old/*"), "/old/gone.png"], "moved-prefix")
    assert chosen.manifest.images == [*FILES, "/old/gone.png"]


def test_place_images__hidden_files_are_never_found(images):
    written = ["DS_Store", "Thumbs", "x/_b.jpg", ".DS_STORE", "x/._b.jpg"]
    for paths in PATHS:
        assert places(images, written, paths).manifest.images == written


def test_place_images__nothing_outside_is_found(images, tmp_path):
    fill(tmp_path, ["secret.png", "set/labels/near.png"])
    (images / "out.png").symlink_to(tmp_path / "secret.png")
    written = ["../../secret.png", f"{tmp_path}/secret.png", "near.png", "%2e%2e/labels/near.png"]
    for paths in PATHS:
        found = places(images, written, paths).manifest.images
        assert found == written


@pytest.mark.parametrize("name", ["", " ", ".", "a\0.png", "http://[", "https://host", "%00", "/"])
@pytest.mark.parametrize("paths", PATHS)
def test_place_images__path_of_no_file(images, name, paths):
    opened = listed(images, ["cat/b.jpg", "c"])
    opened.images[1] = name
    assert place_images(opened, images, paths).manifest.images == ["cat/b.jpg", name]


def test_place_images__as_written(images):
    written = MESSES["slashes"][0]
    assert places(images, written, "as-written").manifest.images == written


def test_place_images__relative_to_the_manifest_is_of_all_rows(images):
    fill(images, ["meta/e.tif"])
    opened = listed(images, ["e.tif", "../cat/b.jpg"], where="set/images/meta")
    found = place_images(opened, images, "relative-to-manifest")
    assert found.manifest.images == ["meta/e.tif", "cat/b.jpg"]


# --- what a user sees ----------------------------------------------------------------------------


def opened_by_user(images, written, listener, **options):
    opened = listed(images, written)
    inputs = EmbedInputs(
        images=images,
        manifest=images.parent / "labels" / "m.csv",
        options=ManifestOptions(**options),
    )
    return opened, open_manifest(inputs, listener, reads_images=True)


def test_open_manifest__says_how_paths_were_read(images, listener):
    _, opened = opened_by_user(images, MESSES["moved from Windows"][0], listener)
    assert opened.images == FILES
    assert listener.said == [
        "the image paths of all 5 rows do not fit as written and are read otherwise ('\\' as '/', "
        "without 'C:/Users/bob/'): 'C:\\Users\\bob\\cat\\a one.JPG' is 'cat/a one.JPG'"
    ]


def test_open_manifest__missing_images_by_cause_and_by_folder(images, listener):
    written = [
        "cat/b.jpg",
        "cat/B.jpeg.png",
        "cat/A ONE.jpg",
        "dog/c.jpe",
        "cat/no.png",
        "bird/f.png",
        "bird/g.png",
        "x/d.png",
        "cat/Thumbs.DB",
        "cat/._z.jpg",
        "https://host.png",
    ]
    with pytest.raises(InputError) as caught:
        opened_by_user(images, written, listener)
    assert caught.value.message == (
        f"{images.parent}/labels/m.csv: expected a label and an image in each of the 11 rows, "
        f"found 10 whose image is not in {images}: 2 no such file, 2 no such folder, 2 no image, "
        "as .DS_Store, Thumbs.db and ._ files are none, 1 there in another case, 1 there with "
        "another ending, 1 in another folder, 1 URL; by folder 5 in 'cat', 2 in 'bird', 1 in "
        "'dog', 2 in 2 others; for example row 2: cat/B.jpeg.png, row 3: cat/A ONE.jpg, "
        "row 4: dog/c.jpe"
    )
    assert caught.value.hint.startswith(
        "--paths by-name finds 3 of 10, --paths moved-prefix finds 2 of 10, --paths any-ending "
        "finds 2 of 10. Fix the manifest or name the right image folder; "
    )


def test_open_manifest__quarantined_rows_name_the_option_too(images, listener):
    written = [*(f"old/{name}" for name in FILES), "old/gone.png", "e.tif"]
    _, opened = opened_by_user(images, written, listener, missing="quarantine")
    assert opened.images == written
    assert listener.said[0].startswith(
        "6 rows have no image file: --paths moved-prefix finds 5 of 6, --paths by-name finds "
    )


def test_open_manifest__paths_that_lead_out_name_the_option(images, listener):
    written = [*each("/old/*"), "/other/e.tif"]
    with pytest.raises(InputError, match="expected paths inside") as caught:
        opened_by_user(images, written, listener)
    assert caught.value.hint == (
        "--paths moved-prefix finds 6 of 6, --paths by-name finds 6 of 6. Write the paths "
        "relative to the image folder, or name another image folder."
    )
    _, opened = opened_by_user(images, written, listener, paths="moved-prefix")
    assert opened.images == [*FILES, "e.tif"]


def test_save_manifest__keeps_files_and_written_paths(images, tmp_path):
    opened = places(images, MESSES["slashes"][0]).manifest
    save_manifest(tmp_path / "kept.parquet", opened)
    kept = load_manifest(tmp_path / "kept.parquet")
    assert kept.images == FILES
    assert kept.written_images() == MESSES["slashes"][0]
    assert kept.table.equals(opened.table)


def test_save_manifest__users_own_column_of_that_name(images, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("image,label,labelfix_file\nE.TIF,x,mine\n")
    opened = place_images(read_manifest(path, CsvFormat()), images).manifest
    save_manifest(tmp_path / "kept.parquet", opened)
    kept = load_manifest(tmp_path / "kept.parquet")
    assert kept.images == ["e.tif"]
    assert kept.table["labelfix_file"].to_pylist() == ["mine"]


def test_place_images__name_that_is_no_utf8(images):
    (images / os.fsdecode(b"caf\xe9.PNG")).touch()
    opened = listed(images, ["x"])
    opened.images[0] = "caf\udce9.png"
    assert place_images(opened, images).manifest.images == ["caf\udce9.PNG"]
