"""The tables of constants have every constant of the noise model and the methods, as it is now."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "noise-model.md"
FOLDERS = ("noise", "methods")
WAYS = {"real labels", "development", "gate", "source", "cost", "numeric", "by hand"}


def value_of(module: str, name: str) -> object:
    """The value that a constant has now."""
    dotted = module.removesuffix(".py").replace("/", ".")
    return getattr(importlib.import_module(f"labelfix.{dotted}"), name)


def is_numeric(value: object) -> bool:
    if isinstance(value, tuple):
        return all(is_numeric(each) for each in value)
    return isinstance(value, int | float)


def assigned_names(source: str) -> list[str]:
    """The upper-case names that a module gives values to, not in functions or classes."""
    found = []
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        names = [each for target in targets for each in ast.walk(target)]
        found += [name.id for name in names if isinstance(name, ast.Name) and name.id.isupper()]
    return found


def constants_of_the_code() -> set[tuple[str, str]]:
    found = set()
    for folder in FOLDERS:
        for path in (ROOT / "labelfix" / folder).rglob("*.py"):
            module = path.relative_to(ROOT / "labelfix").as_posix()
            for name in assigned_names(path.read_text(encoding="utf-8")):
                if is_numeric(value_of(module, name)):
                    found.add((module, name))
    return found


def documented_rows() -> list[list[str]]:
    """The cells of every row of the tables: constant, value, module, how, meaning."""
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `.*\|$", page, re.MULTILINE)
    return [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("A = 1\nb = 2\nC: int = 3", ["A", "C"]),
        ("A, B = 1, 2", ["A", "B"]),
        ("def f():\n    A = 1\nclass D:\n    A = 1", []),
    ],
)
def test_assigned_names__of_a_module(source, names):
    assert assigned_names(source) == names


def test_tables__have_every_constant_once():
    told = [(module, name) for name, _, module, *_ in documented_rows()]
    assert len(told) == len(set(told))
    told_here = {(module, name) for module, name in told if module.split("/")[0] in FOLDERS}
    assert told_here == constants_of_the_code()


@pytest.mark.parametrize("row", documented_rows(), ids=lambda row: f"{row[2]}:{row[0]}")
def test_tables__values_are_those_of_the_code(row):
    name, value, module, *_ = row
    assert ast.literal_eval(value) == value_of(module, name)


def test_tables__every_row_has_its_reason():
    section = PAGE.read_text(encoding="utf-8").partition("## How they were set")[2]
    for way in WAYS:
        assert f"- **{way}:**" in section
    for name, _, _, how, meaning in documented_rows():
        assert how in WAYS, name
        assert meaning, name
