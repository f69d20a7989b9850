import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelfix.data.audited_labels import (
    CANNOT_TELL,
    NO_CLASS,
    NOT_AUDITED,
    OTHER,
    UNTOLD,
    Audits,
    load_audits,
    read_audits,
    save_audits,
)
from labelfix.data.manifest import manifest_from_names, read_manifest
from labelfix.data.tables import CsvFormat
from labelfix.errors import InputError, WorkspaceError

QUESTIONS = "image,given_label,candidate_1,chance,wrong_probability,verified_label\n"


@pytest.fixture
def file_of(tmp_path):
    """Write a file of text, bytes or, from a mapping, Parquet."""

    def write(content, name="audits.csv"):
        path = tmp_path / name
        if isinstance(content, dict):
            pq.write_table(pa.table(content), path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def manifest(tmp_path):
    return manifest_from_names(["a.png", "b.png", "c.png"], ["cat", "dog", "cat"], tmp_path)


# --- classes -------------------------------------------------------------------------------------


def test_classes__of_every_kind_of_answer():
    audits = Audits({"a": "dog", "b": NO_CLASS, "c": CANNOT_TELL, "d": "wolf", "e": "cat "})
    said = audits.classes(["e", "x", "a", "b", "c", "d"], ["cat", "dog"])
    assert said.tolist() == [OTHER, NOT_AUDITED, 1, OTHER, UNTOLD, OTHER]
    assert said.dtype == np.int64
    assert audits.unknown_classes(["cat", "dog"]) == ["cat ", "wolf"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [("Cannot tell", UNTOLD), (" CANNOT  TELL ", UNTOLD), ("None of the classes", OTHER)],
)
def test_classes__special_answers_in_any_case_and_spacing(answer, said):
    audits = Audits({"a": answer})
    assert audits.classes(["a"], ["cat"]).tolist() == [said]
    assert audits.unknown_classes(["cat"]) == []


@pytest.mark.parametrize("name", [CANNOT_TELL, NO_CLASS])
def test_classes__a_class_with_a_special_name_wins(name):
    assert Audits({"a": name}).classes(["a"], ["cat", name]).tolist() == [1]


# --- reading -------------------------------------------------------------------------------------


def test_read_audits__nothing_said(manifest):
    audits = read_audits(manifest)
    assert (audits, len(audits)) == (Audits(), 0)


def test_read_audits__of_a_filled_in_questions_file(file_of, manifest):
    path = file_of(
        QUESTIONS
        + "a.png,cat,dog,0.25,0.9,dog\nb.png,dog,dog,1,0.1,\nc.png,cat,cat,0.5,0,cannot tell\n"
    )
    audits = read_audits(manifest, [path])
    assert audits.answers == {"a.png": "dog", "c.png": "cannot tell"}
    assert audits.chances == {"a.png": 0.25, "c.png": 0.5}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfimage,verified_label\r\na.png,dog\r\n\r\nb.png,\r\n",
        b"image\tverified_label\na.png\tdog\n",
        b"path,given_label,true_label\na.png,cat,dog\nb.png,dog, \n",
        b"answer,file\ndog,a.png\n",
        b"filename,label\na.png,dog\na.png,dog\n",
        b"image,label,true_label,verified_label\na.png,cat,cat,dog\n",
    ],
    ids=["bom and crlf", "tabs", "true_label", "answer", "label, said twice", "first known name"],
)
def test_read_audits__of_any_form(file_of, manifest, content):
    path = file_of(content, "audits.tsv" if b"\t" in content else "audits.csv")
    assert read_audits(manifest, [path]).answers == {"a.png": "dog"}


def test_read_audits__labels_stay_byte_for_byte(file_of):
    labels = ["007", "NA", "True", " cat", "é", "a,b", "1.0", "null"]
    rows = "".join(f'{row}.png,"{label}"\n' for row, label in enumerate(labels))
    answers = read_audits(None, [file_of(f"image,verified_label\n{rows}")]).answers
    assert list(answers.values()) == labels


def test_read_audits__of_parquet(file_of, manifest):
    columns = {
        "image": ["a.png", "b.png", "c.png"],
        "verified_label": [7, None, 12],
        "chance": [0.5, None, None],
    }
    audits = read_audits(manifest, [file_of(columns, "audits.parquet")])
    assert audits.answers == {"a.png": "7", "c.png": "12"}
    assert audits.chances == {"a.png": 0.5}


def test_read_audits__later_file_wins_and_keeps_the_chance(file_of):
    labels = file_of("image,label,verified_label\na,cat,cat\nb,dog,dog\nc,cat,\n", "labels.csv")
    opened = read_manifest(labels, CsvFormat())
    first = file_of("image,verified_label,chance\na,dog,0.5\nc,dog,0.125\n", "1.csv")
    second = file_of("image,verified_label\nc,cannot tell\n", "2.csv")
    audits = read_audits(opened, [first, second])
    assert audits.answers == {"a": "dog", "b": "dog", "c": "cannot tell"}
    assert audits.chances == {"a": 0.5, "c": 0.125}
    assert read_audits(opened, [second, first]).answers["c"] == "dog"


def test_read_audits__the_manifests_delimiter_and_image_column(file_of):
    labels = file_of("image;foto;label\n1;a;cat\n2;b;dog\n", "labels.csv")
    opened = read_manifest(labels, CsvFormat(delimiter=";"), image_column="foto")
    own = file_of("image;foto;verified_label\n1;a;dog\n", "own.csv")
    questions = file_of("image;verified_label\nb;cat\n", "questions.csv")
    assert read_audits(opened, [own, questions]).answers == {"a": "dog", "b": "cat"}


def test_read_audits__names_that_are_no_utf8(file_of):
    path = file_of(b"image,verified_label\n\xff.png,dog\n")
    assert read_audits(None, [path]).answers == {"\udcff.png": "dog"}


# --- the manifest's column -----------------------------------------------------------------------


def test_read_audits__several_rows_of_an_image(file_of):
    text = "image,label,worker,verified_label\na,cat,p,\na,dog,q,dog\na,cat,r,dog\nb,cat,p,\n"
    opened = read_manifest(file_of(text), CsvFormat())
    assert read_audits(opened).answers == {"a": "dog"}


def test_read_audits__column_of_another_name(file_of):
    path = file_of("image,label,verified_label,expert\na,cat,dog,owl\n")
    opened = read_manifest(path, CsvFormat(), verified_column="expert")
    assert read_audits(opened).answers == {"a": "owl"}


def test_read_audits__manifest_contradicts_itself(file_of):
    path = file_of("image,label,verified_label\na,cat,cat\nb,cat,\na,cat,dog\n")
    with pytest.raises(InputError) as caught:
        read_audits(read_manifest(path, CsvFormat()))
    assert caught.value.message == (
        f"{path}, column 'verified_label': expected one answer for 'a', "
        "found 'cat' in row 1 and 'dog' in row 3"
    )


# --- what is not usable --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "image,verified_label\na.png,dog\na.png,cannot tell\n",
            ", column 'verified_label': expected one answer for 'a.png', "
            "found 'dog' in row 1 and 'cannot tell' in row 2",
        ),
        (
            "image,verified_label\na.png,dog\nx.png,\ny.png,cat\nz.png,cat\n",
            ", row 3, column 'image': expected an image of",
        ),
        (
            "image,given_label\na.png,dog\n",
            ": expected answers in a column 'verified_label', 'true_label', 'answer', 'label', "
            "found the columns 'image', 'given_label'",
        ),
        (
            "image,kind\na.png,dog\n",
            ": expected answers in a column 'verified_label', 'true_label', 'answer', 'label', "
            "found the columns 'image', 'kind'",
        ),
        ("name,answer\na.png,dog\n", ": expected an image column, one of 'image', 'path'"),
        (
            "image,label,given_label,suggested_label,self_confidence\na.png,dog,cat,dog,0.1\n",
            ", column 'label': expected labels that a person has verified, found what labelfix",
        ),
        (
            "image,answer,chance\na.png,dog,0\n",
            ", row 1, column 'chance': expected a probability above 0 and at most 1, found '0'",
        ),
        (
            'image,answer,chance\na.png,,x\nb.png,dog,"0,5"\n',
            ", row 2, column 'chance': expected a probability above 0 and at most 1, found '0,5'",
        ),
        ("image,answer,chance\na.png,dog,nan\n", ", row 1, column 'chance': expected a prob"),
    ],
)
def test_read_audits__not_usable(file_of, manifest, content, message):
    path = file_of(content)
    with pytest.raises(InputError, match=re.escape(f"{path}{message}")) as caught:
        read_audits(manifest, [path])
    assert caught.value.hint


def test_read_audits__no_file(manifest, tmp_path):
    with pytest.raises(InputError, match=r"--audited .*no\.csv: expected a table .* found no file"):
        read_audits(manifest, [tmp_path / "no.csv"])


def test_read_audits__the_manifest_itself_is_no_answer(file_of):
    path = file_of("image,label\na,cat\nb,dog\n")
    with pytest.raises(InputError, match=r"column 'label': .* found the manifest's own labels"):
        read_audits(read_manifest(path, CsvFormat()), [path])


def test_read_audits__unknown_images_are_counted_where_they_may_be(file_of, manifest):
    path = file_of("image,verified_label\nx.png,dog\nb.png,cat\ny.png,cat\n")
    audits = read_audits(manifest, [path], unknown="ignore")
    assert (audits.answers, audits.ignored) == ({"b.png": "cat"}, 2)


# --- kept ----------------------------------------------------------------------------------------


def test_save_audits__and_load_them(tmp_path):
    audits = Audits({"b\udcff": "007", "a": CANNOT_TELL}, {"a": 0.25})
    save_audits(tmp_path / "audits.parquet", audits)
    loaded = load_audits(tmp_path / "audits.parquet")
    assert loaded == audits
    assert loaded.fingerprint == audits.fingerprint


def test_save_audits__of_nothing(tmp_path):
    save_audits(tmp_path / "audits.parquet", Audits())
    assert load_audits(tmp_path / "audits.parquet") == Audits()


def test_load_audits__no_file(tmp_path):
    assert load_audits(tmp_path / "audits.parquet") == Audits()


@pytest.mark.parametrize("content", [b"no parquet", {"image": ["a"]}])
def test_load_audits__damaged(file_of, content):
    with pytest.raises(WorkspaceError, match=r"audits\.parquet is damaged"):
        load_audits(file_of(content, "audits.parquet"))


def test_fingerprint__of_what_was_said_and_not_of_its_order():
    one = Audits({"a": "x", "b": "y"}, {"a": 0.5})
    assert one.fingerprint == Audits({"b": "y", "a": "x"}, {"a": 0.5}).fingerprint
    others = [
        Audits({"a": "x", "b": "z"}, {"a": 0.5}),
        Audits({"a": "x", "b": "y"}, {"b": 0.5}),
        Audits({"a": "x"}, {"a": 0.5}),
    ]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 4
