"""Files of noisy labels: the column that is meant, and nothing that could run."""

import os
import re

import numpy as np
import pytest
import torch

from labelfix.errors import InputError
from labelfix.prepare.noise_labels import read_noise_labels

CLEAN = np.array([0, 1, 2, 3])
WORSE = np.array([0, 1, 2, 9])
COLUMNS = {"clean_label": CLEAN, "worse_label": WORSE, "aggre_label": CLEAN}


class Hostile:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("is_legacy", [False, True])
@pytest.mark.parametrize("as_given", [np.asarray, torch.as_tensor, np.ndarray.tolist])
@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int32])
def test_read_noise_labels__torch_file(tmp_path, is_legacy, as_given, kind):
    path = tmp_path / "CIFAR-10_human.pt"
    columns = {name: as_given(values.astype(kind)) for name, values in COLUMNS.items()}
    torch.save(columns, path, _use_new_zipfile_serialization=not is_legacy)
    found = read_noise_labels(path, "worse_label", 10)
    assert found.labels.tolist() == WORSE.tolist()
    assert found.labels.dtype == np.int64
    assert found.clean.tolist() == CLEAN.tolist()


@pytest.mark.parametrize("name", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_read_noise_labels__torch_file_of_an_older_numpy(tmp_path, name):
    path = tmp_path / "CIFAR-10_human.pt"
    torch.save(COLUMNS, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert b"numpy._core.multiarray" in content
    path.write_bytes(content.replace(b"cnumpy._core.multiarray", b"c" + name.encode()))
    assert read_noise_labels(path, "worse_label", 10).labels.tolist() == WORSE.tolist()


def test_read_noise_labels__numpy_files(tmp_path):
    np.save(tmp_path / "pmd.npy", WORSE)
    found = read_noise_labels(tmp_path / "pmd.npy", None, 10)
    assert (found.labels.tolist(), found.clean) == (WORSE.tolist(), None)
    np.save(tmp_path / "human.npy", np.array(COLUMNS, dtype=object))
    found = read_noise_labels(tmp_path / "human.npy", "worse_label", 10)
    assert found.labels.tolist() == WORSE.tolist()
    assert found.clean.tolist() == CLEAN.tolist()


def test_read_noise_labels__the_only_noisy_column_needs_no_name(tmp_path):
    torch.save({"clean_label": CLEAN, "noisy_label": WORSE}, tmp_path / "a.pt")
    assert read_noise_labels(tmp_path / "a.pt", None, 10).labels.tolist() == WORSE.tolist()


@pytest.mark.parametrize("name", ["a.pt", "a.npy"])
@pytest.mark.parametrize("is_deep", [True, False])
def test_read_noise_labels__what_would_run_is_refused_and_not_run(tmp_path, name, is_deep):
    marker = tmp_path / "ran"
    content = {"noisy_label": Hostile(marker)} if is_deep else Hostile(marker)
    if name == "a.pt":
        torch.save(content, tmp_path / name)
    else:
        array = np.empty((), dtype=object)
        array[()] = content
        np.save(tmp_path / name, array)
    with pytest.raises(InputError, match=r"asks for \w+\.system.*nothing of it was run"):
        read_noise_labels(tmp_path / name, None, 10)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        (COLUMNS, "worst", "--noise: expected one of 'clean_label', 'worse_label', 'aggre_label'"),
        (COLUMNS, None, "found nothing"),
        (WORSE, "worse_label", "--noise worse_label: expected a file of several columns"),
        (np.array([1.0, 2.0]), None, "expected whole numbers of shape (N,) as its labels, found "),
        (np.array([[1], [2]]), None, "found int64 of shape (2, 1)"),
        (np.array([0, 10]), None, "row 2 of its labels: expected a class from 0 to 9, found 10"),
        (np.array([-1, 0]), None, "row 1 of its labels: expected a class from 0 to 9, found -1"),
        ({"clean_label": CLEAN, "x": WORSE[:3]}, None, "expected as many labels in 'x' as in"),
        ({"x": "no labels"}, None, "expected whole numbers of shape (N,) as x"),
    ],
)
@pytest.mark.parametrize("suffix", [".pt", ".npy"])
def test_read_noise_labels__wrong_content(tmp_path, content, column, message, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".pt":
        torch.save(content, path)
    else:
        np.save(path, np.array(content, dtype=object) if isinstance(content, dict) else content)
    with pytest.raises(InputError, match=re.escape(message)):
        read_noise_labels(path, column, 10)


@pytest.mark.parametrize("name", ["a.pt", "a.npy"])
@pytest.mark.parametrize("content", [b"", b"text", None])
def test_read_noise_labels__no_such_file_or_another(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"could not be read|expected "):
        read_noise_labels(tmp_path / name, None, 10)
