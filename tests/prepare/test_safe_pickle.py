"""Pickles: plain values and arrays come back, everything else is refused before it runs."""

import codecs
import os
import pickle
import subprocess

import numpy as np
import pytest

from labelfix.errors import InputError
from labelfix.prepare.safe_pickle import load_pickle


class Calls:
    """A pickle that calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_load_pickle__plain_values_and_arrays(tmp_path, protocol):
    value = {
        "data": np.arange(6, dtype=np.uint8).reshape(2, 3),
        b"labels": [1, 2],
        "more": ("a", None, True, 1.5, {"x": [np.array([1, 2])]}),
        "texts": np.array(["a", "b"], dtype=object),
    }
    found = load_pickle(tmp_path / "p", pickle.dumps(value, protocol=protocol))
    by_text = {key.decode() if isinstance(key, bytes) else key: item for key, item in found.items()}
    assert by_text["data"].dtype == np.uint8
    assert by_text["data"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert by_text["labels"] == [1, 2]
    assert by_text["more"][4]["x"][0].tolist() == [1, 2]


def test_load_pickle__of_python_2(tmp_path):
    """As CIFAR is published: byte strings throughout, also within the array."""
    content = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03"
        b"cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x01K\x03\x86cnumpy\ndtype\nq\x06"
        b"U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x03\x01\x02\x03tbU\x06labelsq\x08]q\x09(K\x07K\x08eu."
    )
    path = tmp_path / "data_batch_1"
    path.write_bytes(content)
    found = load_pickle(path)
    assert found[b"labels"] == [7, 8]
    assert found[b"data"].tolist() == [[1, 2, 3]]
    assert found[b"data"].dtype == np.uint8


@pytest.mark.parametrize(
    ("function", "asks_for"),
    [
        (os.system, ".system"),
        (eval, ".eval"),
        (getattr, ".getattr"),
        (subprocess.check_output, ".check_output"),
        (np.load, "numpy.load"),
        (np.fromfile, "fromfile"),
        (codecs.decode, "_codecs.decode"),
    ],
)
def test_load_pickle__what_would_run_is_refused_and_not_run(tmp_path, function, asks_for):
    marker = tmp_path / "ran"
    hostile = Calls(function, f"touch {marker}")
    for content in (hostile, {"data": np.zeros(3), "labels": [hostile]}):
        for protocol in (0, 2, 4):
            with pytest.raises(InputError, match="nothing of it was run") as error:
                load_pickle(tmp_path / "p", pickle.dumps(content, protocol=protocol))
            assert asks_for in error.value.message
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        # a codec that is none of text; an array of another kind; dotted names; a stray attribute
        b"\x80\x02c_codecs\nencode\nX\x03\x00\x00\x00abcX\x03\x00\x00\x00bz2\x86R.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\ndtype\nK\x00\x85U\x01b\x87R.",
        b"\x80\x04\x8c\x05numpy\x8c\x14ndarray.tofile.__self__\x93.",
        b"\x80\x02c_codecs\nencode\nN}U\x08__call__K\x01s\x86b.",
        b"\x80\x02cnumpy\nndarray\nN}U\x08tostringK\x01s\x86b.",
        b"\x80\x02P1\n.",
        b"\x82\x01.",
        b"\x80\x02Nr\xff\xff\xff\xff.",  # 64 GB of room for numbered values
        b"(" * 100_000,
        b"cposix\nsystem\n(S'true'\ntR.",
        b"",
        b"\x80\x02}q\x01(U",
        b"\x1f\x8b\x08 an archive",
        b"\x80\x05\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
    ],
)
def test_load_pickle__damaged_or_devious(tmp_path, content):
    with pytest.raises(InputError, match=r"expected a pickle"):
        load_pickle(tmp_path / "p", content)


def test_load_pickle__no_file(tmp_path):
    with pytest.raises(InputError, match="could not be read: No such file"):
        load_pickle(tmp_path / "p")
