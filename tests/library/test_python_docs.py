"""docs/python.md: its examples run, and it has every public name with its signature."""

import importlib.util
import inspect
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import labelfix
from labelfix.library import unseen_arrays  # noqa: F401 - takes the options' classes as they are

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")

mpl.use("Agg")


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location(
        "make_python_reference", ROOT / "docs" / "make_python_reference.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference__is_up_to_date(reference):
    assert reference.render(TEXT) == TEXT, "run python docs/make_python_reference.py"


def test_reference__has_every_public_name_with_its_parameters(reference):
    for name in labelfix.__all__:
        assert f"`labelfix.{name}" in TEXT, name
    cleaner = inspect.signature(labelfix.LabelCleaner)
    entry = re.search(r"`labelfix\.LabelCleaner(\(.*?\))`", TEXT)[1]
    assert [part.partition("=")[0] for part in entry[1:-1].split(", ")] == [
        "*",
        *cleaner.parameters,
    ]


def test_reference__follows_a_new_parameter(reference):
    def changed(images, *, speed=3):
        """Something new. More of it."""

    assert reference.signature(changed) == "(images, *, speed=3)"
    assert reference.first_sentence(changed) == "Something new. More of it."


def test_errors__the_table_has_every_kind():
    kinds = {
        name
        for name in labelfix.__all__
        if isinstance(getattr(labelfix, name), type)
        and issubclass(getattr(labelfix, name), labelfix.LabelfixError)
    }
    table = TEXT[TEXT.index("## Errors") : TEXT.index("## Every name")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == kinds - {"LabelfixError"}


def test_contents__lists_every_part():
    parts = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    listed = re.findall(r"^- \[(.+)\]\(#(.+)\)$", TEXT, re.MULTILINE)
    assert listed == [(part, part.lower().replace(" ", "-")) for part in parts]


@pytest.mark.slow
def test_examples__run_one_after_the_other(tmp_path, monkeypatch, clusters, write_images):
    points = clusters(300, 3, wrong_share=0.1)
    names = np.array(["cat", "dog", "owl"])
    embeddings = np.hstack([points.vectors] * 4)
    write_images(tmp_path, ["bark", "moss"] * 15, wrong={4: "moss"})
    monkeypatch.chdir(tmp_path)
    lines = []
    scope = {
        "embeddings": embeddings,
        "labels": names[points.given],
        "ask": lambda row: names[points.truth[row]],
        "lines": lines,
    }
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 9
    for number, block in enumerate(blocks):
        exec(compile(block, f"{PAGE.name}, example {number + 1}", "exec"), scope)
    mpl.pyplot.close("all")
    assert (scope["corrections"].label == names[points.truth]).mean() > 0.95
    assert len(scope["questions"]) == 20
    assert scope["better"].count("verified") == 20
    assert scope["again"].classes_.tolist() == names.tolist()
    assert scope["embedded"].vectors.shape[0] == 30
    assert any(finding.row == 5 for finding in scope["result"].findings)
    assert any("training denoisers" in line for line in lines)
