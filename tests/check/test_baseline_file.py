"""The baseline's file, which people review and edit."""

import json
from datetime import date

import pytest

from labelfix.check.baseline import Baseline, Entry
from labelfix.check.baseline_file import read_baseline, write_baseline
from labelfix.errors import InputError, OutputError

ENTRY = {
    "rule": "wrong-label",
    "content_hash": "aa",
    "label": "cat",
    "image": "a.png",
    "reason": "",
}


def reading(tmp_path, content):
    """The error that a file comes to, as its lines, without its folder."""
    path = tmp_path / "b.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(InputError) as error:
        read_baseline(path)
    return error.value.message.replace(str(path), "b.json")


def file_with(*findings):
    return {"version": 1, "findings": list(findings)}


def test_write_baseline__is_made_for_a_diff(tmp_path):
    entries = (
        Entry(
            rule="wrong-label",
            content="bb",
            label="dog",
            image="b.png",
            reason="blurred",
            expires=date(2030, 1, 31),
        ),
        Entry(rule="off-topic", content="aa", label="Größe", image="a.png", reason=""),
    )
    assert write_baseline(tmp_path / "b.json", Baseline(entries))
    assert (tmp_path / "b.json").read_bytes().decode() == (
        '{\n  "version": 1,\n  "findings": [\n'
        '    {\n      "rule": "off-topic",\n      "content_hash": "aa",\n      "label": "Größe",\n'
        '      "image": "a.png",\n      "reason": ""\n    },\n'
        '    {\n      "rule": "wrong-label",\n      "content_hash": "bb",\n      "label": "dog",\n'
        '      "image": "b.png",\n      "reason": "blurred",\n      "expires": "2030-01-31"\n'
        "    }\n  ]\n}\n"
    )


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("\u202ea\u200b", r"\u202ea\u200b"),
        ("\x1b[0m\x00\n", r"\u001b[0m\u0000\n"),
        ("\x7f\x85\u2028", r"\u007f\u0085\u2028"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\udb40\udc41"),
        ("日本 é", "日本 é"),
    ],
)
def test_write_baseline__shows_what_a_diff_would_hide(tmp_path, label, written):
    baseline = Baseline(
        (Entry(rule="wrong-label", content="aa", label=label, image=label, reason=label),)
    )
    write_baseline(tmp_path / "b.json", baseline)
    assert f'"label": "{written}"' in (tmp_path / "b.json").read_text(encoding="utf-8")
    assert read_baseline(tmp_path / "b.json") == baseline


def test_write_baseline__leaves_an_unchanged_file_alone(tmp_path):
    path = tmp_path / "b.json"
    baseline = Baseline((Entry(rule="wrong-label", content="aa", label="cat", image="a.png"),))
    assert write_baseline(path, baseline)
    file = path.stat().st_ino
    assert not write_baseline(path, baseline)
    assert path.stat().st_ino == file
    assert write_baseline(path, Baseline())
    assert read_baseline(path) == Baseline()
    assert [found.name for found in tmp_path.iterdir()] == ["b.json"]


def test_write_baseline__where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="could not be written"):
        write_baseline(tmp_path / "file" / "b.json", Baseline())


def test_read_baseline__as_editors_and_other_systems_leave_it(tmp_path):
    path = tmp_path / "b.json"
    baseline = Baseline(
        (
            Entry(
                rule="wrong-label",
                content="aa",
                label="cat",
                image="a.png",
                reason="seen",
                expires=date(2030, 1, 31),
            ),
        )
    )
    write_baseline(path, baseline)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_baseline(path) == baseline


def test_read_baseline__none_there(tmp_path):
    with pytest.raises(InputError) as error:
        read_baseline(tmp_path / "b.json")
    assert error.value.message == f"expected a baseline at {tmp_path / 'b.json'}, found no file"
    assert "--update-baseline" in error.value.hint


def test_read_baseline__a_folder(tmp_path):
    with pytest.raises(InputError, match="could not be read: "):
        read_baseline(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "b.json: expected a baseline in JSON: Expecting value: line 1 column 1 (char 0)"),
        ("{\n<<<<<<< HEAD\n", "Expecting property name enclosed in double quotes: line 2 column 1"),
        (b'{"version": "\xff"}', "b.json: expected a baseline in JSON: 'utf-8' codec"),
        ("[" * 100_000, "b.json: expected a baseline in JSON: "),
        ("[]", "b.json: expected an object with version, findings, found a list"),
        ({"findings": []}, "b.json: expected version, found none"),
        ({"version": 1}, "b.json: expected findings, found none"),
        ({"version": 2, "new": 0}, "b.json: expected version 1, found 2"),
        ({"version": True, "findings": []}, "b.json: expected version 1, found True"),
        ({"version": "1", "findings": []}, "b.json: expected version 1, found '1'"),
        ({"version": 1, "findings": {}}, "b.json: expected a list of findings, found an object"),
        ({**file_with(), "more": 0}, "expected no key but version, findings, found 'more'"),
    ],
)
def test_read_baseline__malformed(tmp_path, content, expected):
    assert expected in reading(tmp_path, content)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("cat", "expected an object with rule, content_hash, label, image, reason, found 'cat'"),
        ({"rule": "wrong-label", "label": ""}, "expected content_hash, image, reason, found none"),
        ({**ENTRY, "label": 7}, "expected a text as label, found 7"),
        ({**ENTRY, "reason": None}, "expected a text as reason, found None"),
        (
            {**ENTRY, "rule": "wrong-lable"},
            "expected the name of a rule, found 'wrong-lable'; did you mean 'wrong-label'?",
        ),
        (
            {**ENTRY, "expire": "2030-01-31"},
            "expected no key but rule, content_hash, label, image, reason, expires, "
            "found 'expire'; did you mean 'expires'?",
        ),
        ({**ENTRY, "label": ["x"]}, "expected a text as label, found a list"),
        *(
            (
                {**ENTRY, "expires": day},
                f"expected a day like 2030-01-31 as expires, found {day!r}",
            )
            for day in ("2030-02-30", "31.1.2030", "20300131", "2030-W05-4", "", None, 2030)
        ),
        (
            {**ENTRY, "rule": "\x1b[31m" + "x" * 9_999},
            "expected the name of a rule, found '\\x1b[31m" + "x" * 55 + "'… (10,004 characters)",
        ),
    ],
)
def test_read_baseline__malformed_entry(tmp_path, fields, expected):
    message = reading(tmp_path, file_with({**ENTRY, "label": "first"}, fields))
    assert message == f"b.json, entry 2: {expected}"


def test_read_baseline__the_same_finding_twice(tmp_path):
    again = {**ENTRY, "image": "other.png", "reason": "other"}
    message = reading(tmp_path, file_with({**ENTRY, "label": "dog"}, ENTRY, again))
    assert message == (
        "b.json, entry 3: expected every rule, content_hash and label once, "
        "found those of entry 2 again"
    )


def test_read_baseline__a_key_twice_in_an_entry(tmp_path):
    text = json.dumps(file_with(ENTRY)).replace('"reason"', '"label": "dog", "reason"')
    assert reading(tmp_path, text) == (
        "b.json, entry 1: expected every key once, found 'label' twice"
    )
