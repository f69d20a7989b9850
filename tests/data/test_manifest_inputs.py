import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data.labels_in_names import label_by_name, labels_from_names, unmatched
from labelfix.data.manifest import Manifest, ManifestSource, manifest_from_names
from labelfix.data.manifest_inputs import (
    EmbedInputs,
    check_classes,
    labelled_images,
    open_manifest,
    open_unseen,
)
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions


def listed(images, **columns):
    table = pa.table({"image": images, **columns})
    label = next(iter(columns), "label")
    if label not in table.column_names:
        table = table.append_column(label, pa.array([""] * len(images)))
    labels = table[label].to_pylist()
    return Manifest(
        table=table,
        image_column="image",
        label_column=label,
        source=ManifestSource(path="list.txt", sha256="0" * 64),
        images=images,
        given_labels=labels,
    )


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        (r"^(\d)_", ["0", "", "7"]),
        (r"(?P<label>[a-z]+)\.", ["x", "y", "z"]),
        (r"(\d)?_?(?P<label>[xz])\.", ["x", "", "z"]),
        (r"([^/]+)/[^/]+$", ["", "cat", ""]),
        (r"^(?:(\d)_|cat)", ["0", "", "7"]),  # a group that took no part is no label
    ],
)
def test_labels_from_names__group(pattern, labels):
    assert labels_from_names(["0_x.png", "cat/y.png", "7_z.png"], pattern) == labels


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "--label-pattern: expected a regular expression, found '(': missing )"),
        (r"\d+", r"expected a group in parentheses for the label, found none in '\\d+'"),
        ("(a{99999999999})", "--label-pattern: expected a regular expression"),
    ],
)
def test_labels_from_names__wrong_pattern(pattern, message):
    with pytest.raises(InputError, match=re.escape(message)):
        labels_from_names(["a.png"], pattern)


def test_labels_from_names__bytes_that_are_no_utf8():
    with pytest.raises(
        InputError, match=r"row 2: expected UTF-8 in the label of 'bytes:%FF/a.png'"
    ):
        labels_from_names(["x/a.png", "\udcff/a.png"], "(.+)/")


def test_label_by_name__other_columns_stay_and_the_labels_come_after_them():
    opened = label_by_name(listed(["0_a.png", "1_b.png"], category=["u", "v"]), r"^(\d)")
    assert opened.table.to_pydict() == {
        "image": ["0_a.png", "1_b.png"],
        "category": ["u", "v"],
        "label": ["0", "1"],
    }
    assert (opened.label_column, opened.given_labels) == ("label", ["0", "1"])


def test_label_by_name__a_blank_column_of_labels_is_filled():
    opened = label_by_name(listed(["0_a.png"], label=[" "]), r"^(\d)")
    assert opened.table.to_pydict() == {"image": ["0_a.png"], "label": ["0"]}


def test_label_by_name__of_a_folder_is_fingerprinted_with_the_labels(tmp_path):
    bare = manifest_from_names(["0_a.png"], [""], tmp_path)
    opened = label_by_name(bare, r"^(\d)")
    assert opened.source.is_folder
    assert opened.source == manifest_from_names(["0_a.png"], ["0"], tmp_path).source


def test_label_by_name__labels_are_there_already():
    with pytest.raises(InputError, match="no labels beside --label-pattern, found the column 'lab"):
        label_by_name(listed(["0_a.png"], label=["x"]), r"^(\d)")


def test_label_by_name__nothing_fits():
    message = r"found none among 4, for example 'a.png', 'b.png', 'c.png'$"
    with pytest.raises(InputError) as error:
        label_by_name(listed(["a.png", "b.png", "c.png", "d.png"]), r"^(\d)")
    assert re.search(message, error.value.message)


def test_unmatched__has_the_number_and_three_names():
    opened = listed(["a.png", "b.png", "c.png", "d.png"])
    assert unmatched(opened, [0, 1, 2, 3], "(x)") == (
        "4 whose name --label-pattern '(x)' does not fit, for example 'a.png', 'b.png', 'c.png'"
    )


MEND = (
    "Fix the manifest or name the right image folder; "
    "--missing quarantine leaves such rows as they are and goes on with the others."
)


@pytest.fixture
def given(tmp_path):
    """Files in an image folder, and a manifest beside it."""

    def make(manifest, images=(), **options):
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        for name in images:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        path = None
        if manifest is not None:
            path = tmp_path / "manifest.csv"
            path.write_bytes(manifest if isinstance(manifest, bytes) else manifest.encode())
        return EmbedInputs(images=folder, manifest=path, options=ManifestOptions(**options))

    return make


GOOD = "image,label\na.png,x\nb.png,y\n"


def test_open_manifest__good_one(given, listener):
    opened = open_manifest(
        given(
            "image,label\na.png,x\nb.png,y\nc.png,x\nd.png,y\n",
            ["a.png", "b.png", "c.png", "d.png"],
        ),
        listener,
        reads_images=True,
    )
    assert opened.images == ["a.png", "b.png", "c.png", "d.png"]
    assert opened.given_labels == ["x", "y", "x", "y"]
    assert listener.said == []


def test_open_manifest__class_folders(given, listener):
    images = ["cat/a.png", "cat/b.png", "dog/c.png", "dog/notes.txt"]
    opened = open_manifest(given(None, images), listener, reads_images=True)
    assert opened.images == ["cat/a.png", "cat/b.png", "dog/c.png"]
    assert opened.given_labels == ["cat", "cat", "dog"]
    assert listener.said == [
        "1 file without an image ending was left out, for example dog/notes.txt",
        "1 class has a single row; such a label is never changed: 'dog'",
    ]


@pytest.mark.parametrize("reads_images", [True, False])
def test_open_manifest__one_class(given, listener, reads_images):
    inputs = given("image,label\na.png,x\nb.png,x\n", ["a.png", "b.png"])
    with pytest.raises(InputError, match="expected at least 2 classes, found only 'x'"):
        open_manifest(inputs, listener, reads_images=reads_images)


def test_open_manifest__one_class_folder(given, listener):
    inputs = given(None, ["cat/a.png", "cat/b.png"])
    with pytest.raises(InputError, match="expected at least 2 classes, found only 'cat'"):
        open_manifest(inputs, listener, reads_images=True)


def test_open_manifest__findings_are_told(given, listener):
    manifest = "image,label\na.png,x\na.png,x\nb.png,y\nb.png,X\nc.png,X\nd.png,y\n"
    open_manifest(
        given(manifest, ["a.png", "b.png", "c.png", "d.png"]), listener, reads_images=True
    )
    assert listener.said == [
        "1 image is in several rows with the same label: 'a.png'",
        "1 image is in several rows with different labels: 'b.png'",
    ]


@pytest.mark.parametrize(
    ("manifest", "options"),
    [
        (b"image;label\na.png;x\nb.png;\xfc\n", {"delimiter": ";", "encoding": "cp1252"}),
        (b"image\tlabel\na.png\tx\nb.png\t\xc3\xbc\n", {"delimiter": "tab"}),
        (
            "photo,label,kind\na.png,?,x\nb.png,?,ü\n",
            {"image_column": "photo", "label_column": "kind"},
        ),
        (
            "image,label,who\na.png,x,worker\nb.png,ü,who\n",
            {"annotator_column": "who"},
        ),
        (
            "image,label,who\na.png,x,x\nb.png,ü,\n",
            {"verified_column": "who"},
        ),
        ("image,label\na.png,x\nb.png,ü\n".encode("utf-16"), {"encoding": "utf-16"}),
    ],
    ids=["delimiter and encoding", "tab", "columns", "annotators", "verified", "utf-16"],
)  # fmt: skip
def test_open_manifest__options_reach_the_reader(given, listener, manifest, options):
    inputs = given(manifest, ["a.png", "b.png"], **options)
    opened = open_manifest(inputs, listener, reads_images=True)
    assert opened.images == ["a.png", "b.png"]
    assert opened.given_labels == ["x", "ü"]
    assert opened.annotator_column == options.get("annotator_column")
    assert opened.verified_column == options.get("verified_column")


def test_open_manifest__several_annotators_are_no_mistake(given, listener):
    manifest = "image,label,worker\na.png,x,p\na.png,y,q\nb.png,x,p\nb.png,y,r\n"
    opened = open_manifest(given(manifest, ["a.png", "b.png"]), listener, reads_images=True)
    assert opened.annotators == ["p", "q", "p", "r"]
    assert listener.said == ["2 images have several annotations, by 3 annotators"]


# --- missing labels and files --------------------------------------------------------------------


def test_open_manifest__missing_labels_and_files_are_counted_apart(given, listener):
    rows = "".join(f"{number}.png,{'x' if number % 2 else ' '}\n" for number in range(12))
    inputs = given(f"image,label\n{rows}", ["0.png", "1.png", "2.png"])
    with pytest.raises(InputError) as caught:
        open_manifest(inputs, listener, reads_images=True)
    assert caught.value.message == (
        f"{inputs.manifest}: expected a label and an image in each of the 12 rows, found "
        "6 without a label in the column 'label' (row 1, row 3, row 5, row 7, row 9 and 1 more) "
        f"and 9 whose image is not in {inputs.images}: 9 no such file; by folder 9 without one; "
        "for example row 4: 3.png, row 5: 4.png, row 6: 5.png"
    )
    assert caught.value.hint == MEND
    assert listener.said == []


def test_open_manifest__missing_label_alone(given, listener):
    inputs = given(
        "image,kind,label\na.png,x,1\nb.png,,2\n", ["a.png", "b.png"], label_column="kind"
    )
    with pytest.raises(InputError) as caught:
        open_manifest(inputs, listener, reads_images=True)
    assert caught.value.message.endswith("found 1 without a label in the column 'kind' (row 2)")


def test_open_manifest__missing_file_whose_name_is_no_utf8_hints_at_the_encoding(given, listener):
    inputs = given(b"image,label\ncaf\xe9.png,x\nb.png,y\n", ["café.png", "b.png"])
    with pytest.raises(InputError) as caught:
        open_manifest(inputs, listener, reads_images=True)
    assert caught.value.message.endswith("(row 1: bytes:caf%E9.png)")
    assert caught.value.hint == (
        f"If the manifest is not UTF-8, name its --encoding, for example cp1252. {MEND}"
    )
    inputs = EmbedInputs(
        images=inputs.images, manifest=inputs.manifest, options=ManifestOptions(encoding="cp1252")
    )
    assert open_manifest(inputs, listener, reads_images=True).images == ["café.png", "b.png"]


def test_open_manifest__missing_quarantined(given, listener):
    manifest = "image,label\na.png,x\nb.png,\nno.png,y\nd.png,y\n"
    inputs = given(manifest, ["a.png", "b.png", "d.png"], missing="quarantine")
    opened = open_manifest(inputs, listener, reads_images=True)
    assert opened.given_labels == ["x", "", "y", "y"]
    assert labelled_images(opened) == ["a.png", "no.png", "d.png"]


def test_open_manifest__every_file_missing_is_the_wrong_folder(given, listener):
    inputs = given(GOOD, missing="quarantine")
    with pytest.raises(InputError, match="found 2 whose image is not in"):
        open_manifest(inputs, listener, reads_images=True)


def test_open_manifest__every_label_missing(given, listener):
    inputs = given("image,label\na.png,\nb.png,\n", ["a.png", "b.png"], missing="quarantine")
    with pytest.raises(InputError, match="found no label at all"):
        open_manifest(inputs, listener, reads_images=True)


def test_open_manifest__null_labels_in_parquet_are_missing(given, listener, tmp_path):
    inputs = given(None, ["a.png", "b.png", "c.png"])
    path = tmp_path / "manifest.parquet"
    pq.write_table(pa.table({"image": ["a.png", "b.png", "c.png"], "label": [1, None, 2]}), path)
    inputs = EmbedInputs(images=inputs.images, manifest=path)
    with pytest.raises(
        InputError, match=r"found 1 without a label in the column 'label' \(row 2\)"
    ):
        open_manifest(inputs, listener, reads_images=True)


# --- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["error", "quarantine"])
@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "", "a\0.png", "link.png"])
def test_open_manifest__path_that_leads_out_is_never_accepted(
    given, listener, tmp_path, name, missing
):
    inputs = given(f"image,label\na.png,x\n{name},y\n", ["a.png"], missing=missing)
    (tmp_path / "secret.png").touch()
    (inputs.images / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match=r"expected paths inside .*, found row 2: "):
        open_manifest(inputs, listener, reads_images=True)


@pytest.mark.parametrize("where", ["nowhere", "manifest.csv"])
def test_open_manifest__no_image_folder(given, listener, tmp_path, where):
    inputs = EmbedInputs(images=tmp_path / where, manifest=given(GOOD).manifest)
    with pytest.raises(InputError, match="expected an image folder at"):
        open_manifest(inputs, listener, reads_images=True)


def test_open_manifest__no_manifest_file(given, listener, tmp_path):
    inputs = EmbedInputs(images=given(None).images, manifest=tmp_path / "manifest.csv")
    with pytest.raises(InputError, match=r"expected a manifest at .*, found no file"):
        open_manifest(inputs, listener, reads_images=True)


# --- images that are not read --------------------------------------------------------------------


def test_open_manifest__images_that_are_not_read_need_not_be_there(tmp_path, given, listener):
    manifest = given("image,label\n/data/a.png,x\n../b.png,y\n").manifest
    opened = open_manifest(
        EmbedInputs(images=tmp_path / "nowhere", manifest=manifest), listener, reads_images=False
    )
    assert opened.images == ["/data/a.png", "../b.png"]


@pytest.mark.parametrize("missing", ["error", "quarantine"])
def test_open_manifest__row_without_a_name_could_take_anothers_vector(given, listener, missing):
    inputs = given("image,label\n,x\nb.png,y\n,y\n", missing=missing)
    with pytest.raises(InputError) as caught:
        open_manifest(inputs, listener, reads_images=False)
    assert caught.value.message == (
        f"{inputs.manifest}, column 'image': expected a name in each of the 3 rows, "
        "found none in 2 (row 1, row 3)"
    )


def test_open_manifest__labels_are_needed_though_no_image_is_read(given, listener):
    inputs = given("image,label\na.png,x\nb.png,\n")
    with pytest.raises(
        InputError, match=r"found 1 without a label in the column 'label' \(row 2\)"
    ):
        open_manifest(inputs, listener, reads_images=False)


def test_labelled_images__once_each_and_only_with_a_label(given, listener):
    manifest = "image,label\nb,x\na,\na,y\nb,y\nc, \nd,x\n"
    opened = open_manifest(given(manifest, missing="quarantine"), listener, reads_images=False)
    assert labelled_images(opened) == ["b", "a", "d"]


ANIMALS = ["t/0_1.png", "t/0_2.png", "t/1_1.png", "t/1_2.png"]


def test_open_manifest__labels_in_names_of_a_list(given, listener):
    inputs = given("\n".join(ANIMALS), ANIMALS, has_header=False, label_pattern=r"/(\d)_")
    opened = open_manifest(inputs, listener, reads_images=True)
    assert opened.given_labels == ["0", "0", "1", "1"]
    assert listener.said == []


def test_open_manifest__labels_in_names_of_a_folder(given, listener):
    opened = open_manifest(
        given(None, [*ANIMALS, "flat_3.png"], label_pattern=r"(?P<label>\d)[_.]"),
        listener,
        reads_images=True,
    )
    assert dict(zip(opened.images, opened.given_labels, strict=True)) == {
        "flat_3.png": "3",
        **{name: name[2] for name in ANIMALS},
    }


def test_open_manifest__names_without_a_label_are_refused_or_told_of(given, listener):
    options = {"label_pattern": r"/(\d)_"}
    files = [*ANIMALS, "t/x.png", "t/y.png"]
    fault = "2 whose name --label-pattern '/(\\d)_' does not fit, for example 't/x.png', 't/y.png'"
    with pytest.raises(InputError, match="label and an image in each of the 6 rows") as error:
        open_manifest(given(None, files, **options), listener, reads_images=True)
    assert fault in error.value.message
    inputs = given(None, files, **options, missing="quarantine")
    opened = open_manifest(inputs, listener, reads_images=True)
    assert opened.given_labels[-2:] == ["", ""]
    assert listener.said == [f"rows {fault}"]


def test_open_unseen__names_without_a_label_are_predicted(given, listener):
    inputs = given(None, [*ANIMALS, "t/x.png"], label_pattern=r"/(\d)_")
    opened = open_unseen(inputs, listener, reads_images=True)
    assert opened.given_labels == ["0", "0", "1", "1", ""]


def test_open_manifest__a_list_without_header_leads_nowhere_out(given, listener):
    inputs = given("../../etc/passwd 0\na.png 1\n", ["a.png"], columns=("image", "label"))
    with pytest.raises(InputError, match=r"row 1: '../../etc/passwd' leads upwards with '..'"):
        open_manifest(inputs, listener, reads_images=True)


@pytest.mark.parametrize(
    ("labels", "found"),
    [(["cat", "cat", ""], "only 'cat'"), (["", " "], "no label at all"), (["007"], "only '007'")],
)
def test_check_classes__fewer_than_two(labels, found):
    with pytest.raises(InputError) as caught:
        check_classes(manifest_from_names(["a.png"] * len(labels), labels, Path("m.csv")))
    assert caught.value.message == (
        f"m.csv, column 'label': expected at least 2 classes, found {found}"
    )


def test_check_classes__spellings_are_classes():
    check_classes(manifest_from_names(["a.png", "b.png"], ["cat", "Cat"], Path("m.csv")))
