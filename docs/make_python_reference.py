"""Write the part `Every name` of docs/python.md from the Python API itself.

    python docs/make_python_reference.py           # write it
    python docs/make_python_reference.py --check   # exit 1 where it is out of date

Signatures and first sentences come from the code; what stands before the part is left as it is.
"""

import argparse
import dataclasses
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import labelfix

TARGET = Path(__file__).with_name("python.md")
MARK = (
    "<!-- Written by docs/make_python_reference.py. Change the docstrings, then run it again. -->\n"
)
PROTOCOL_OF_SKLEARN = {"get_params", "set_params"}
"""Methods that callers of a library do not call themselves."""


def public(name: str) -> Any:
    """What a public name stands for; the function where a package can be called."""
    if name == "check":
        return importlib.import_module("labelfix.library.batch_check").check
    return getattr(labelfix, name)


def first_sentence(thing: Any) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def signature(thing: Any) -> str:
    """The parameters with their defaults, without types, which the editor shows."""
    parameters = []
    for one in inspect.signature(thing).parameters.values():
        if one.name != "self":
            parameters.append(one.replace(annotation=inspect.Parameter.empty))
    shown = inspect.Signature(parameters)
    return re.sub(r"<factory>", "...", str(shown))


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties of a class of labelfix, in the order of the code."""
    names = [name for base in reversed(kind.__mro__) for name in vars(base)]
    for name in dict.fromkeys(names):
        member = inspect.getattr_static(kind, name)
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        home = getattr(function, "__module__", "") or ""
        if name.startswith("_") or name in PROTOCOL_OF_SKLEARN or not home.startswith("labelfix"):
            continue
        if inspect.isfunction(function):
            yield name, member


def entries() -> Iterator[str]:
    """A list item for each public name, and below a class one for each of its members."""
    for name in sorted(labelfix.__all__, key=lambda one: (one.startswith("_"), one.lower())):
        thing = public(name)
        if not inspect.isclass(thing) and not inspect.isfunction(thing):
            yield f"- `labelfix.{name}` = `{thing!r}`"
            continue
        is_error = inspect.isclass(thing) and issubclass(thing, Exception)
        takes = "" if is_error or name == "Progress" else signature(thing)
        yield f"- `labelfix.{name}{takes}`: {first_sentence(thing)}"
        if inspect.isclass(thing) and not is_error:
            yield from of_class(thing)


def of_class(kind: type) -> Iterator[str]:
    """The fields of results, and the members of any class."""
    for name, member in members(kind):
        if isinstance(member, property):
            yield f"  - `.{name}`: {first_sentence(member.fget)}"
        else:
            function = getattr(member, "__func__", member)
            takes = signature(function).replace("(cls, ", "(").replace("(cls)", "()")
            yield f"  - `.{name}{takes}`: {first_sentence(function)}"
    if dataclasses.is_dataclass(kind):
        names = ", ".join(f"`.{one.name}`" for one in dataclasses.fields(kind))
        yield f"  - fields: {names}"


def render(document: str) -> str:
    """The document with its last part made anew."""
    head, mark, _ = document.partition(MARK)
    if not mark:
        raise SystemExit(f"{TARGET}: expected the line {MARK.strip()!r}, found none")
    return head + mark + "\n" + "\n".join(entries()) + "\n"


def main() -> None:
    """Write or check the document."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true")
    document = TARGET.read_text(encoding="utf-8")
    wanted = render(document)
    if parser.parse_args().check:
        if document != wanted:
            print(f"{TARGET} is out of date: run python docs/make_python_reference.py")
            sys.exit(1)
        return
    TARGET.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
