"""Write docs/cli-reference.md from the commands themselves.

    python docs/make_cli_reference.py           # write it
    python docs/make_cli_reference.py --check   # exit 1 where it is out of date

Names, defaults and help come from the commands, nothing from the width of the terminal or the
layout of a help page: the same commands give the same text everywhere.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from labelfix.cli.app import COMMANDS, app

TARGET = Path(__file__).with_name("cli-reference.md")

VALUES = {Path: "PATH", str: "TEXT", int: "INTEGER", float: "NUMBER", bool: ""}
"""What stands after an option of a type; nothing after a flag."""

TYPERS_OWN = {"--help", "--install-completion", "--show-completion"}
"""Options whose help changes with the version of typer."""

HEADER = """\
# Command line

<!-- Written by docs/make_cli_reference.py. Change the commands, then run it again. -->

`python -m labelfix` is the same as `labelfix`. Results go to stdout, everything else to stderr.
Every option can also be set in [labelfix.toml](file-formats.md#labelfixtoml). How commands end is
described in [exit codes](exit-codes.md).
"""

TYPERS_OWN_OPTIONS = """\
- `--help`, `-h`: Show the options, of `labelfix` or of one command.
- `--install-completion`: Set up completion for the current shell; `--show-completion` prints
  what it would install.
"""


def reference() -> str:
    """The whole page as Markdown."""
    group: Any = typer.main.get_command(app)
    lines = [HEADER, "| command | what it does |", "|---|---|"]
    for name in COMMANDS:
        first, *_ = _prose(_command(group, name).help).split("\n\n")
        anchor = name.replace(" ", "-")
        lines.append(f"| [`{name}`](#labelfix-{anchor}) | {_cell(first)} |")
    lines += ["", "`labelfix` itself has these options:", ""]
    for parameter in group.params:
        if not TYPERS_OWN.intersection(parameter.opts):
            lines.append(f"- {_names(parameter)}: {_prose(parameter.help)}")
    lines.append(TYPERS_OWN_OPTIONS)
    for name, (function, _) in COMMANDS.items():
        lines += _section(name, _command(group, name), function)
    return "\n".join(lines)


def _command(group: Any, name: str) -> Any:
    """A command by its words, such as `patch make`."""
    for word in name.split():
        group = group.commands[word]
    return group


def _section(name: str, command: Any, function: Callable[..., None]) -> list[str]:
    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function).parameters
    known = {parameter.name: parameter for parameter in command.params}
    # In the order of the function, for typer's own differs with its version; arguments first.
    shown = (known[key] for key in signature if key in known)  # the context is no option
    ordered = sorted(shown, key=lambda found: not _is_argument(found))
    rows = [
        _row(parameter, hints[parameter.name], signature[parameter.name].default)
        for parameter in ordered
    ]
    usage = " ".join([f"labelfix {name}", *_usage(ordered, hints), "[OPTIONS]"])
    table = ["| option | value | default | meaning |", "|---|---|---|---|", *rows]
    example = ["```sh", _example(command.epilog), "```"]
    parts = [f"## labelfix {name}", f"`{usage}`", _prose(command.help), "\n".join(table)]
    return ["\n\n".join(parts), "", *example, ""]


def _usage(parameters: list[Any], hints: dict[str, Any]) -> Iterator[str]:
    """The arguments, and the required options."""
    for parameter in parameters:
        if _is_argument(parameter):
            yield parameter.metavar if parameter.required else f"[{parameter.metavar}]"
        elif parameter.required:
            yield f"{parameter.opts[0]} {_value(hints[parameter.name])}"


def _row(parameter: Any, hint: Any, default: object) -> str:
    _, described = get_args(hint)  # some versions of typer lose an argument's help on the way
    meaning = _prose(described.help)
    if parameter.envvar:
        meaning += f" Also from the environment: `{parameter.envvar}`."
    of_its_type = (parameter.metavar or "<").startswith("<")  # as the terminal shows a plain type
    shown_value = (
        "" if _is_argument(parameter) else _code(_value(hint) if of_its_type else parameter.metavar)
    )
    if isinstance(default, list):
        default = " ".join(default)
    shown_default = "" if default is None or default is False else _code(str(default))
    if parameter.required:
        shown_default = "required"
    return f"| {_names(parameter)} | {shown_value} | {shown_default} | {_cell(meaning)} |"


def _names(parameter: Any) -> str:
    names = [parameter.metavar] if _is_argument(parameter) else parameter.opts
    return ", ".join(f"`{name}`" for name in names)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _value(hint: Any) -> str:
    """What stands after an option of a type such as `Annotated[Path | None, ...]`."""
    plain, _ = get_args(hint)
    kinds = [kind for kind in get_args(plain) or (plain,) if kind is not type(None)]
    return VALUES[kinds[0]]


def _example(epilog: str | None) -> str:
    """The command of a text such as `Example: labelfix ...`, in one line."""
    _, _, example = (epilog or "").rpartition("Example:")
    return " ".join(_unescaped(example).replace("\\\n", " ").split())


def _prose(text: str | None) -> str:
    """A text of paragraphs, each in one line."""
    paragraphs = _unescaped(text or "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _unescaped(text: str) -> str:
    """Without the backslash that keeps rich from reading a bracket as markup."""
    return text.replace("\\[", "[")


def _code(text: str) -> str:
    return f"`{_cell(_unescaped(text))}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("\n\n", " ").replace("|", "\\|")


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description="Write docs/cli-reference.md.")
    parser.add_argument("--check", action="store_true", help="only see whether it is up to date")
    text = reference()
    if not parser.parse_args().check:
        TARGET.write_text(text, encoding="utf-8", newline="\n")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        print(f"{TARGET.name} is out of date. Run: python docs/{Path(__file__).name}")
        sys.exit(1)


if __name__ == "__main__":
    main()
