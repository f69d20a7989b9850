"""Write the part `Every name` of docs/python.md from the Python API itself.

    python docs/make_python_reference.py           # write it
    python docs/make_python_reference.py --check   # exit 1 where it is out of date

Signatures and first sentences come from the code; what stands before the part is left as it is.
"""

import argparse
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
NOT_FOR_CALLERS = {"get_params", "set_params", "of", "of_method"}
"""Methods for scikit-learn, and for labelfix itself."""


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
    """Public methods and properties that a class adds to its base, in the order of the code."""
    for name in vars(kind):
        member = inspect.getattr_static(kind, name)
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        home = getattr(function, "__module__", "") or ""
        if name.startswith("_") or name in NOT_FOR_CALLERS or not home.startswith("labelfix"):
            continue
        if inspect.isfunction(function):
            yield name, member


def entries() -> Iterator[str]:
    """A list item for each public name, and below a class one for each of its members."""
    for name in sorted(labelfix.__all__, key=lambda one: (one.startswith("_"), one.lower())):
        thing = public(name)
        if not inspect.isclass(thing) and not inspect.isfunction(thing):
            value = "" if name == "__version__" else f" = `{thing!r}`"
            yield f"- `labelfix.{name}`{value}"
            continue
        is_error = inspect.isclass(thing) and issubclass(thing, Exception)
        takes = "" if is_error or name == "Progress" else signature(thing)
        base = thing.__mro__[1] if inspect.isclass(thing) else object
        adds = f" Has all that `{base.__name__}` has." if base.__name__ in labelfix.__all__ else ""
        yield f"- `labelfix.{name}{takes}`: {first_sentence(thing)}{'' if is_error else adds}"
        if inspect.isclass(thing) and not is_error:
            yield from of_class(thing)


def of_class(kind: type) -> Iterator[str]:
    """A list item for each member of a class."""
    for name, member in members(kind):
        if isinstance(member, property):
            yield f"  - `.{name}`: {first_sentence(member.fget)}"
        else:
            function = getattr(member, "__func__", member)
            takes = signature(function).replace("(cls, ", "(").replace("(cls)", "()")
            yield f"  - `.{name}{takes}`: {first_sentence(function)}"


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
