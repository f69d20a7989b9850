"""Options from `labelfix.toml`, or from `[tool.labelfix]` in pyproject.toml.

A key at the top is for every command that has this option; a table with a command's name is for
that command alone. The command line wins. An option that may be given several times takes one
text or number, or a list of them.
"""

import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

from labelfix.errors import InputError

FILES = ("labelfix.toml", "pyproject.toml")

_TEXTS = list[str]
_PATHS = list[Path]

_TOML_TYPES: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
    str: ("a text in quotation marks", (str, date)),
    Path: ("a path in quotation marks", (str,)),
    _TEXTS: ("a text in quotation marks, a number, or a list of them", (str, int, float)),
    _PATHS: ("a path in quotation marks, or a list of them", (str,)),
}
"""What each type is called in errors, and the types of TOML that it takes."""


def read_settings(
    folder: Path, commands: Mapping[str, Callable[..., None]]
) -> dict[str, dict[str, Any]]:
    """The defaults for each command, by the names of its function's parameters.

    Raises:
        InputError: the file is not valid TOML, a key is no option, or a value is not of its
            option's type.
    """
    for name in FILES:
        path = folder / name
        if not path.is_file():
            continue
        content: Any = _read_toml(path)
        if name == "pyproject.toml":
            content = content.get("tool", {})
            content = content.get("labelfix") if isinstance(content, dict) else None
        if isinstance(content, dict):
            return _by_command(path, _by_full_name(content, commands), commands)
        if content is not None:
            raise InputError(f"{path}: expected a table tool.labelfix, found {content!r}")
    return {}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} could not be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: expected valid TOML: {error}") from error


def in_groups(defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The defaults as commands of two words are found: by the first word, then by the second."""
    nested: dict[str, dict[str, Any]] = {}
    for name, values in defaults.items():
        group, _, last = name.rpartition(" ")
        if group:
            nested.setdefault(group, {})[last] = values
        else:
            nested[name] = dict(values)
    return nested


def _by_full_name(content: Mapping[str, Any], commands: Collection[str]) -> dict[str, Any]:
    """The tables of commands of two words, such as `[patch.make]`, by both words."""
    flat = dict(content)
    for group in {name.rpartition(" ")[0] for name in commands} - {""}:
        if not isinstance(content.get(group), dict):
            continue
        for last, table in flat.pop(group).items():
            name = f"{group} {last}"
            flat[name if name in commands else f"{group}.{last}"] = table
    return flat


def _by_command(
    path: Path, content: Mapping[str, Any], commands: Mapping[str, Callable[..., None]]
) -> dict[str, dict[str, Any]]:
    types = {name: get_type_hints(run) for name, run in commands.items()}
    for hints in types.values():
        hints.pop("return", None)
        hints.pop("context", None)
    defaults: dict[str, dict[str, Any]] = {name: {} for name in commands}
    own: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        if key in commands and isinstance(value, dict):
            own += [(key, option, setting) for option, setting in value.items()]
            continue
        parameter = _parameter(key)
        taking = [name for name in commands if parameter in types[name]]
        if not taking:
            raise _unknown(path, key, set().union(*types.values()))
        for name in taking:
            defaults[name][parameter] = _converted(path, key, value, types[name][parameter])
    for command, option, value in own:
        parameter = _parameter(option)
        if parameter not in types[command]:
            raise _unknown(path, f"{command}.{option}", set(types[command]))
        wanted = types[command][parameter]
        defaults[command][parameter] = _converted(path, f"{command}.{option}", value, wanted)
    return defaults


def _converted(path: Path, key: str, value: Any, wanted: Any) -> Any:
    """A value in its option's type, such as `int`, `str | None` or `list[str]`."""
    kinds = (wanted, *get_args(wanted))
    kind = next(kind for kind in kinds if kind in _TOML_TYPES)
    expected, allowed = _TOML_TYPES[kind]
    is_several = kind in (_TEXTS, _PATHS)
    values = value if is_several and type(value) is list else [value]
    for one in values:
        if type(one) not in allowed:  # a bool is no number here
            raise InputError(f"{path}: {key}: expected {expected}, found {one!r}")
    if is_several:
        return [str(one) for one in values]
    return value.isoformat() if type(value) is date else value


def _parameter(key: str) -> str:
    return key.replace("-", "_")


def _unknown(path: Path, key: str, known: set[str]) -> InputError:
    names = {name.replace("_", "-") for name in known}
    return InputError(
        f"{path}: {key} is no option of labelfix", f"Its options: {', '.join(sorted(names))}."
    )
