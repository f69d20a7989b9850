"""Options from `labelfix.toml`, or from `[tool.labelfix]` in pyproject.toml.

A key at the top is an option of every command that has it; a table named as a command holds
options of that command alone. The command line wins.
"""

import inspect
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labelfix.errors import InputError

FILES = ("labelfix.toml", "pyproject.toml")


def read_settings(
    folder: Path, commands: Mapping[str, Callable[..., None]]
) -> dict[str, dict[str, Any]]:
    """The defaults for each command, by the names of its function's parameters.

    Raises:
        InputError: the file is not valid TOML, or has a key that is no option.
    """
    for name in FILES:
        path = folder / name
        if not path.is_file():
            continue
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: expected valid TOML: {error}") from error
        if name == "pyproject.toml":
            content = content.get("tool", {}).get("labelfix")
        if content is not None:
            return _by_command(path, content, commands)
    return {}


def _by_command(
    path: Path, content: Mapping[str, Any], commands: Mapping[str, Callable[..., None]]
) -> dict[str, dict[str, Any]]:
    parameters = {name: set(inspect.signature(run).parameters) for name, run in commands.items()}
    defaults: dict[str, dict[str, Any]] = {name: {} for name in commands}
    own: list[tuple[str, str, Any]] = []
    for key, value in content.items():
        if key in commands and isinstance(value, dict):
            own += [(key, option, setting) for option, setting in value.items()]
            continue
        parameter = _parameter(key)
        taking = [name for name in commands if parameter in parameters[name]]
        if not taking:
            raise _unknown(path, key, set().union(*parameters.values()))
        for name in taking:
            defaults[name][parameter] = value
    for command, option, value in own:
        if _parameter(option) not in parameters[command]:
            raise _unknown(path, f"{command}.{option}", parameters[command])
        defaults[command][_parameter(option)] = value
    return defaults


def _parameter(key: str) -> str:
    name = key.replace("-", "_")
    return "as_json" if name == "json" else name


def _unknown(path: Path, key: str, known: set[str]) -> InputError:
    options = ", ".join(sorted(name.replace("_", "-") for name in known))
    return InputError(f"{path}: {key} is no option of labelfix", f"Its options: {options}.")
