"""The patch as a file: what is read is what was written, and what is damaged is refused."""

import json

import pytest

from labelfix.errors import InputError
from labelfix.patches import patch_file
from labelfix.patches.change import Change, Origin, Patch, RowKey
from labelfix.patches.patch_file import is_patch, read_patch, write_patch

ORIGIN = Origin(
    manifest="m.csv",
    sha256="ab" * 32,
    rows_sha256="cd" * 32,
    label_column="label",
    image_column="image",
    made_at="2026-01-02T03:04:05Z",
    made_by="labelfix 1",
    splits=("train",),
)


def change(row: int = 1, **values: object) -> Change:
    facts: dict = {
        "key": RowKey(f"{row}.png", "", 1),
        "copies": 1,
        "content_hash": "",
        "row": row,
        "before": "cat",
        "after": "dog",
        "who": "",
        "when": "",
        "why": "",
        "confidence": None,
        "split": "",
        "cell": None,
    }
    return Change(**facts | values)


HOSTILE = 'a "b"\n\u2028\x00\t\\ü🐈'


@pytest.mark.parametrize("chunk", [1, 1000])
def test_read_patch__what_was_written(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(patch_file, "CHUNK", chunk)
    patch = Patch(
        ORIGIN,
        [
            change(),
            change(
                2,
                key=RowKey("\udcff.png", HOSTILE, 2),
                copies=3,
                content_hash="cd" * 32,
                before=HOSTILE,
                after="",
                who=HOSTILE,
                when="2026-01-02T03:04:05Z",
                why=HOSTILE,
                confidence=0.1 + 0.2,
                split=HOSTILE,
                cell=f'"{HOSTILE}"',
            ),
        ],
    )
    path = tmp_path / "a.patch.jsonl"
    write_patch(path, patch)
    assert read_patch(path) == patch
    assert is_patch(path)
    assert len(path.read_bytes().splitlines()) == 3
    assert all(isinstance(json.loads(line), dict) for line in path.read_bytes().split(b"\n")[:-1])


GOOD = {"image": "1.png", "row": 1, "from": "cat", "to": "dog"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{", "no JSON"),
        ("[]", "no object"),
        (json.dumps(GOOD) + "," + json.dumps(GOOD), "no JSON"),
        (json.dumps({**GOOD, "row": "1"}), "no number from 1"),
        (json.dumps({**GOOD, "row": True}), "no number from 1"),
        (json.dumps({**GOOD, "copy": 2}), "no number from 1"),
        (json.dumps({**GOOD, "to": None}), "a value that is no text"),
        (json.dumps({**GOOD, "from_cell": 0}), "a value that is no text"),
        (json.dumps({**GOOD, "confidence": 1.5}), "the confidence 1.5"),
        (json.dumps({**GOOD, "confidence": float("nan")}), "the confidence nan"),
        (json.dumps({**GOOD, "more": 1}), "the unknown key 'more'"),
        (json.dumps({"image": "1.png", "row": 1, "from": "cat"}), "none called 'to'"),
        (json.dumps({**GOOD, "to": "\ud800"}), "half a character"),
    ],
)
def test_read_patch__line_that_is_no_change(tmp_path, line, found):
    path = tmp_path / "a.patch.jsonl"
    write_patch(path, Patch(ORIGIN, [change(2), change(3)]))
    head, first, _ = path.read_text().splitlines()
    path.write_text("\n".join([head, first, line]) + "\n")
    with pytest.raises(InputError, match="line 3: expected a change") as error:
        read_patch(path)
    assert found in error.value.message


def test_read_patch__cut_file(tmp_path):
    path = tmp_path / "a.patch.jsonl"
    write_patch(path, Patch(ORIGIN, [change(1), change(2)]))
    whole = path.read_text()
    path.write_text(whole[: whole.rindex('{"image"')])
    with pytest.raises(InputError, match="expected 2 changes as line 1 says, found 1"):
        read_patch(path)


def test_read_patch__row_twice(tmp_path):
    path = tmp_path / "a.patch.jsonl"
    write_patch(path, Patch(ORIGIN, [change(1), change(2), change(1)]))
    with pytest.raises(InputError, match=r"line 4: expected every row once, found '1\.png'"):
        read_patch(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "another file"),
        ("image,label\n", "another file"),
        ("[1]\n", "another file"),
        ('{"labelfix_patch": 2}\n', "found format 2"),
        ('{"labelfix_patch": 1}\n', "found it damaged"),
    ],
)
def test_read_patch__of_another_kind(tmp_path, text, found):
    path = tmp_path / "a.patch.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=found):
        read_patch(path)
    with pytest.raises(InputError, match="could not be read"):
        read_patch(tmp_path / "none.jsonl")
