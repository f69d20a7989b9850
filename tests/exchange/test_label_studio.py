"""Exports in the form that Label Studio 1.23 gives them, by a real server."""

import base64
import json
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelfix.errors import InputError
from labelfix.exchange.label_studio import labelling_config, read, write
from labelfix.options.exchange_options import ExportOptions

MADE = "2026-12-01T03:10:17.093465Z"
AT_ONCE = "2026-12-01T03:10:17.093480Z"
LATER = "2026-12-01T05:00:00.500000+01:00"
DATA = {
    "image": "/data/local-files/?d=a.png",
    "image_name": "a.png",
    "labelfix_id": "8a5a1708fe7f595a",
    "labelfix_label": "label:five%0A5",
    "content_hash": "ab",
}


def annotation(label="label:five%0A5", result_id="labelfix-8a5a1708fe7f595a", **about):
    value = {"choices": [label]}
    result = {"id": result_id, "from_name": "label", "to_name": "image", "type": "choices"}
    kept = {
        "completed_by": 1,
        "result": [{**result, "value": value}],
        "was_cancelled": False,
        "created_at": MADE,
        "updated_at": AT_ONCE,
        "lead_time": None,
        "prediction": {},
        "parent_prediction": None,
        "updated_by": None,
    }
    return {**kept, **about}


@pytest.fixture
def read_tasks(tmp_path):
    def read_them(*tasks):
        path = tmp_path / "project-1.json"
        path.write_text(json.dumps(tasks), encoding="utf-8")
        return read(path)

    return read_them


def task(*annotations):
    return {"id": 5, "data": DATA, "annotations": list(annotations), "predictions": [1, 2]}


def test_read__given_label_that_nobody_touched(read_tasks):
    (row,) = read_tasks(task(annotation()))
    assert (row.where, row.row_id, row.image) == ("task 5", "8a5a1708fe7f595a", "a.png")
    assert row.label == row.exported_label == "five\n5"
    assert row.content_hash == "ab"
    assert not row.is_looked_at


@pytest.mark.parametrize(
    "about",
    [{"lead_time": 2.0}, {"updated_at": LATER}, {"result_id": "Xy12"}],
    ids=["worked on", "updated", "made there"],
)
def test_read__same_label_that_a_person_has_confirmed(about, read_tasks):
    (row,) = read_tasks(task(annotation(**about)))
    assert row.label == row.exported_label
    assert row.is_looked_at


def test_read__who_and_when(read_tasks):
    by_two = annotation(updated_at=LATER, lead_time=3.5, updated_by=2)
    named = annotation(completed_by={"id": 3, "email": "a@example.org"})
    first, second = read_tasks(task(by_two, named))
    assert (first.reviewer, first.decided_at, first.seconds) == (
        "label-studio:2",
        "2026-12-01T04:00:00Z",
        3.5,
    )
    assert second.reviewer == "a@example.org"


@pytest.mark.parametrize(
    "annotations",
    [
        (),
        (annotation(was_cancelled=True),),
        (annotation(result=[]),),
        (annotation(result=[{"type": "choices", "value": {"choices": ["a", "b"]}}]),),
    ],
    ids=["none", "skipped", "empty", "two labels"],
)
def test_read__task_without_one_answer_has_no_label(annotations, read_tasks):
    (row,) = read_tasks(task(*annotations))
    assert (row.label, row.row_id) == ("", "8a5a1708fe7f595a")


def test_read__short_form(read_tasks):
    short = {**DATA, "id": 9, "annotator": 1, "annotation_id": 4, "label": "cat", "lead_time": 1.5}
    (row,) = read_tasks({**short, "created_at": MADE, "updated_at": AT_ONCE})
    assert (row.where, row.label, row.reviewer) == ("task 9", "cat", "label-studio:1")
    assert (row.seconds, row.is_looked_at) == (1.5, True)


@pytest.mark.parametrize("value", [{"a": 1}, [1], "x"])
def test_read__other_json_is_an_error(value, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError, match="expected a list of tasks"):
        read(path)


def test_write__given_label_as_annotation_and_candidates_as_predictions(rows, tmp_path):
    write(tmp_path, rows, ExportOptions(format="label-studio", image_url="https://x.org/i/"))
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    (first, *_) = tasks
    assert first["data"]["image"] == "https://x.org/i/plain.png"
    assert tasks[8]["data"]["image"] == "https://x.org/i/raw%FF.png"
    assert tasks[8]["data"]["image_name"] == "bytes:raw%FF.png"
    (made,) = first["annotations"]
    assert made["result"][0]["value"] == {"choices": ["cat"]}
    assert [one["score"] for one in first["predictions"]] == [0.9, None]
    assert first["predictions"][0]["model_version"].startswith("labelfix ")


def test_labelling_config__has_every_label_once(rows):
    config = ElementTree.fromstring(labelling_config(rows))
    values = [choice.get("value") for choice in config.iter("Choice")]
    assert len(values) == len(set(values)) == 14
    assert {"label:two%0Alines", "a/b & <c>", "none of the classes", "cannot tell"} <= set(values)
    assert config.find("Image").get("value") == "$image"


def test_write__embedded_images(rows, tmp_path):
    (rows.folder / "plain.jpeg").unlink()
    left_out = write(tmp_path, rows, ExportOptions(format="label-studio", image_url="embed"))
    assert left_out == {"plain.jpeg": "file does not exist"}
    first, *_ = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    kind, _, data = first["data"]["image"].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == (rows.folder / "plain.png").read_bytes()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "annotations",
                    "result",
                    "type",
                    "value",
                    "choices",
                    "label",
                    "labelfix_id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=6,
)


@given(
    st.lists(st.dictionaries(st.sampled_from(["data", "annotations", "label"]), JSON), max_size=2)
)
def test_read__any_json_gives_rows_or_a_clear_error(tmp_path, tasks):
    path = tmp_path / "any.json"
    path.write_text(json.dumps(tasks))
    assert all(row.where.startswith("task ") for row in read(path))
