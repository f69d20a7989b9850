"""Records of artefacts, and the fingerprints that they are made of."""

import json
from dataclasses import replace

import pytest

from labelfix.data.records import (
    Record,
    RowCounts,
    fingerprint,
    fingerprint_file,
    is_whole,
    read_record,
    record_path,
    write_record,
)
from labelfix.version import __version__

SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SHA256_OF_EMPTY_LIST = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"

RECORD = Record(
    stage="train",
    options={"epochs": 3, "device": "cpu"},
    inputs={"labels": SHA256_OF_ABC},
    outputs={"denoiser.safetensors": SHA256_OF_ABC},
    rows=RowCounts(10, used=7, quarantined=2, rejected=1),
    device="cpu",
    seconds=1.5,
    seed=4,
    details={"loss": 0.25, "label": "grün"},
)


@pytest.mark.parametrize("counts", [(10, 7, 2, 0), (10, 7, 2, 2), (0, 1, 0, 0)])
def test_row_counts__do_not_add_up(counts):
    with pytest.raises(ValueError, match="rows do not add up"):
        RowCounts(*counts)


def test_record_path__file_and_folder(tmp_path):
    assert record_path(tmp_path / "a.parquet") == tmp_path / "a.parquet.record.json"
    assert record_path(tmp_path / "embeddings") == tmp_path / "embeddings.record.json"


def test_read_record__gives_what_was_written(tmp_path):
    write_record(tmp_path / "denoiser", RECORD)
    assert read_record(tmp_path / "denoiser") == RECORD
    assert RECORD.version == __version__


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        json.dumps({"rows": {"rows_in": 1, "used": 1}}).encode(),
        json.dumps({"rows": [1, 1]}).encode(),
    ],
)
def test_read_record__not_a_record(tmp_path, content):
    record_path(tmp_path / "a").write_bytes(content)
    assert read_record(tmp_path / "a") is None


def test_read_record__none_there(tmp_path):
    assert read_record(tmp_path / "a") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(new_field=1),
        lambda fields: fields.pop("stage"),
        lambda fields: fields["rows"].update(used=8),
        lambda fields: fields.update(rows=None),
    ],
)
def test_read_record__of_another_form(tmp_path, change):
    write_record(tmp_path / "a", RECORD)
    fields = json.loads(record_path(tmp_path / "a").read_text())
    change(fields)
    record_path(tmp_path / "a").write_text(json.dumps(fields))
    assert read_record(tmp_path / "a") is None


def test_is_whole__every_byte_counts(tmp_path):
    folder = tmp_path / "embeddings"
    folder.mkdir()
    (folder / "0.parquet").write_bytes(b"abc")
    (tmp_path / "beside").write_bytes(b"")
    outputs = {
        "embeddings/0.parquet": SHA256_OF_ABC,
        "beside": fingerprint_file(tmp_path / "beside"),
    }
    record = replace(RECORD, outputs=outputs)
    assert is_whole(folder, record)
    (folder / "0.parquet").write_bytes(b"abd")
    assert not is_whole(folder, record)
    (folder / "0.parquet").unlink()
    assert not is_whole(folder, record)


def test_fingerprint_file__known_value(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert fingerprint_file(tmp_path / "file") == SHA256_OF_ABC


def test_fingerprint__known_value():
    assert fingerprint([]) == SHA256_OF_EMPTY_LIST


def test_fingerprint__equal_values():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint(("a", 1)) == fingerprint(["a", 1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["a", "b"], ["b", "a"]),
        (["a", "b"], ["ab"]),
        (["a", "b"], ["a,b"]),
        (["1"], [1]),
        ([None], ["null"]),
        (["\udce9"], ["\\udce9"]),
        (["é"], ["e\u0301"]),
    ],
)
def test_fingerprint__different_values(one, other):
    assert fingerprint(one) != fingerprint(other)
