"""The rules of the design that no type checker knows: who imports whom, who prints, what is loaded.

`import`, `from ... import`, both also inside functions, and texts that name a module of labelfix
(the tables of encoders and of engines) all count as imports.
"""

import ast
import importlib
import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import labelfix
from labelfix.version import __version__

PACKAGE = Path(labelfix.__file__).parent

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"


def rooms_of(page: str) -> tuple[str, ...]:
    """The first column of the table under the heading "The rooms", from top to bottom."""
    section = re.split(r"^## ", page.partition("\n## The rooms\n")[2], flags=re.MULTILINE)[0]
    return tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


ORDER = (*rooms_of(PAGE.read_text(encoding="utf-8")), "__main__")
"""Each may import itself and what stands before it."""

LIGHT = ("errors", "version", "options", "data", "cli")
"""The rooms that load no engine."""

HEAVY = ("torch", "faiss", "open_clip")
SLOW = (*HEAVY, "pandas", "pyarrow", "timm", "skimage")

PRINTING = {"rich", "typer", "click"}


def module_of(path: Path) -> str:
    """`labelfix.data.records`; a package for its `__init__.py`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
PACKAGES = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def found_in(findings: dict[str, list]) -> dict[str, list]:
    """Only the modules in which something was found."""
    return {module: found for module, found in findings.items() if found}


def imported_modules(tree: ast.Module, module: str) -> set[str]:
    """The modules of any kind that a module imports; a package where its own names are meant."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                above = module.split(".")[: -node.level]
                home = ".".join([*above, *([home] if home else [])])
            for alias in node.names:
                submodule = f"{home}.{alias.name}"
                found.add(submodule if submodule in MODULES else home)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named = re.fullmatch(r"(labelfix(?:\.\w+)+)(?::\w+)?", node.value)
            if named and named[1] in MODULES:
                found.add(named[1])
    return found


def layer_of(module: str) -> str:
    """`data` for `labelfix.data.records`."""
    return module.split(".")[1] if "." in module else ""


def may_import(layer: str) -> set[str]:
    """The layers that a layer may import."""
    return {*ORDER[: ORDER.index(layer) + 1]}


def wrong_imports(tree: ast.Module, module: str) -> list[str]:
    """The modules of labelfix that a module must not import."""
    imported = imported_modules(tree, module)
    ours = [name for name in sorted(imported) if name.partition(".")[0] == "labelfix"]
    allowed = may_import(layer_of(module))
    return [name for name in ours if name in PACKAGES or layer_of(name) not in allowed]


@pytest.mark.parametrize(
    ("module", "code", "wrong"),
    [
        ("labelfix.data.records", "from labelfix.data import names", []),
        ("labelfix.data.records", "from labelfix.data import Thing", ["labelfix.data"]),
        ("labelfix.data.records", "import labelfix.data", ["labelfix.data"]),
        ("labelfix.data.records", "from . import names", []),
        ("labelfix.data.records", "from . import Thing", ["labelfix.data"]),
        ("labelfix.data.records", "from labelfix import __version__", ["labelfix"]),
        ("labelfix.data.records", "from ..options.option import X", []),
        (
            "labelfix.data.records",
            "def f():\n    import labelfix.images.decode",
            ["labelfix.images.decode"],
        ),
        (
            "labelfix.retrieval.x",
            "a = 'labelfix.methods.paper.denoiser_batches:F'",
            ["labelfix.methods.paper.denoiser_batches"],
        ),
        ("labelfix.retrieval.x", "a = 'labelfix.encoders.hog:HogEncoder'", []),
        (
            "labelfix.noise.x",
            "import labelfix.methods.noise_aware.label_denoiser",
            ["labelfix.methods.noise_aware.label_denoiser"],
        ),
        ("labelfix.methods.x", "from labelfix.noise.folds import assign_folds", []),
        ("labelfix.errors", "from labelfix.version import __version__", ["labelfix.version"]),
        ("labelfix.options.option", "from labelfix.errors import InputError", []),
        (
            "labelfix.options.option",
            "from labelfix.runtime.progress import Silent",
            ["labelfix.runtime.progress"],
        ),
        ("labelfix.pipeline", "from labelfix.cli import app", ["labelfix.cli.app"]),
        ("labelfix.cli.x", "from labelfix.pipeline import run_pipeline\nimport numpy", []),
    ],
)
def test_wrong_imports__are_found(module, code, wrong):
    assert wrong_imports(ast.parse(code), module) == wrong


@pytest.mark.slow
def test_imports__from_left_to_right_alone():
    assert (
        found_in(
            {
                module: wrong_imports(parse(path), module)
                for module, path in MODULES.items()
                if module != "labelfix"
            }
        )
        == {}
    )


def test_findings_and_report__read_what_was_judged_and_never_a_model():
    models = ("encoders", "embedding", "retrieval", "methods", "correction", "pipeline")
    assert (
        found_in(
            {
                module: [
                    name
                    for name in imported_modules(parse(path), module)
                    if layer_of(name) in models
                ]
                for module, path in MODULES.items()
                if layer_of(module) in ("check", "report", "review")
            }
        )
        == {}
    )


def test_order__has_every_module():
    layers = {layer_of(module) for module in MODULES if module != "labelfix"}
    assert {*ORDER} - layers <= {"library"}
    assert layers <= {*ORDER}
    assert len({*ORDER}) == len(ORDER)


def test_order__is_read_from_the_table_of_rooms():
    page = "\n## Other\n\n| `x` | a |\n\n## The rooms\n\n| room | what |\n|---|---|\n"
    table = "| `errors` | e |\n| `data` | the `cli` reads |\n"
    assert rooms_of(f"{page}{table}\n## More\n\n| `y` | b |\n") == ("errors", "data")
    assert ORDER[:2] == ("errors", "version")
    assert ORDER[-2:] == ("cli", "__main__")


def test_package__imports_its_names_when_they_are_used():
    body = parse(PACKAGE / "__init__.py").body
    at_once = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imported_modules(ast.Module(at_once, []), "labelfix") == {
        *("labelfix.version", "sys", "types", "typing"),
    }
    for name, home in labelfix._HOMES.items():
        assert getattr(labelfix, name) is getattr(importlib.import_module(home), name)
    assert set(labelfix.__all__) == {*labelfix._HOMES, "__version__", "check"}


def test_subpackages__hold_no_code():
    code = {name: parse(MODULES[name]).body[1:] for name in PACKAGES - {"labelfix"}}
    assert found_in(code) == {}, "a docstring is all that their __init__ holds"


@pytest.mark.slow
def test_imports__no_star():
    stars = {
        module: [
            node.lineno
            for node in ast.walk(parse(path))
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]
        for module, path in MODULES.items()
    }
    assert found_in(stars) == {}


def test_modules__are_named_for_what_they_hold():
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [module for module in MODULES if vague.intersection(module.split("."))] == []


def printing(tree: ast.Module) -> list[int]:
    """The lines that print, write to a standard stream, or import what does."""
    streams = {"stdout", "stderr", "__stdout__", "__stderr__"}
    lines = []
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="print"):
                lines.append(node.lineno)
            case ast.Attribute(value=ast.Name(id="sys"), attr=attr) if attr in streams:
                lines.append(node.lineno)
            case ast.ImportFrom(module="sys", names=names):
                lines += [node.lineno for alias in names if alias.name in streams]
            case ast.Import(names=names):
                lines += [node.lineno for name in names if name.name.split(".")[0] in PRINTING]
            case ast.ImportFrom(module=str(home)) if home.split(".")[0] in PRINTING:
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "code",
    [
        "print(1)",
        "show = print",
        "import sys\nsys.stdout.write('x')",
        "from sys import stderr",
        "import rich.console",
        "from rich import print as show",
    ],
)
def test_printing__is_found(code):
    assert printing(ast.parse(code))


def test_printing__is_not_what_looks_like_it():
    assert printing(ast.parse("fingerprint(1); a.print(2); import sys; sys.modules; 'print'")) == []


@pytest.mark.slow
def test_modules__only_the_command_line_and_progress_bars_print():
    lines = {module: printing(parse(path)) for module, path in MODULES.items()}
    found = found_in(lines)
    bars = found.pop("labelfix.library.progress_bar")
    assert len(bars) == 3
    assert {layer_of(module) for module in found} == {"cli"}, found


@pytest.mark.slow
def test_modules__say_what_they_are_for():
    assert [module for module, path in MODULES.items() if not ast.get_docstring(parse(path))] == []


def test_modules__stay_short():
    lines = {
        module: len(path.read_text(encoding="utf-8").splitlines())
        for module, path in MODULES.items()
    }
    assert {module: count for module, count in lines.items() if count >= 300} == {}


def loaded_by(code: str) -> set[str]:
    """The top-level names in `sys.modules` after a fresh interpreter has run some code."""
    tail = "import json, sys; sys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tail}"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_import__of_labelfix_is_light():
    loaded = loaded_by("import labelfix; labelfix.__version__")
    assert "labelfix" in loaded
    assert loaded.isdisjoint({*SLOW, "numpy", "typer", "rich"})


@pytest.mark.slow
def test_help__loads_nothing_slow():
    loaded = loaded_by(
        "import runpy, sys\n"
        "sys.argv = ['labelfix', '--help']\n"
        "try:\n"
        "    runpy.run_module('labelfix', run_name='__main__')\n"
        "except SystemExit as ending:\n"
        "    assert ending.code == 0\n"
    )
    assert "typer" in loaded
    assert loaded.isdisjoint(SLOW)


@pytest.mark.slow
def test_data_and_command_line__load_no_engine():
    light = [
        module
        for module in MODULES
        if layer_of(module) in LIGHT  # `__main__` would run the program
    ]
    assert "labelfix.data.records" in light
    loaded = loaded_by("".join(f"import {module}\n" for module in light))
    assert "pyarrow" in loaded
    assert loaded.isdisjoint({*HEAVY, "timm", "skimage", "pandas"})


def installed_command() -> list[str]:
    """The `labelfix` that installing the package made."""
    name = "labelfix.exe" if sys.platform == "win32" else "labelfix"
    return [str(Path(sysconfig.get_path("scripts"), name))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [installed_command(), [sys.executable, "-m", "labelfix"]], ids=["script", "module"]
)
def test_version__from_both_ways_in(command, tmp_path):
    done = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == f"labelfix {__version__}\n"
    assert done.stderr == ""
