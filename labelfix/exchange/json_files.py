"""JSON of other tools, read with an error that a person understands."""

import json
from pathlib import Path
from typing import Any

from labelfix.errors import InputError


def read_json(path: Path) -> Any:
    """The value in a file.

    Raises:
        InputError: there is no such file, or it is no JSON.
    """
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise InputError(
            f"expected a JSON file at {path}, found {found}", "Name the file that was exported."
        )
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path}: expected JSON, found something else ({str(error).splitlines()[0]})",
            "Name the file that the tool has exported as JSON.",
        ) from error
