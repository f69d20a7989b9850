"""Figures that are kept as they come, one JSON line each, so that a later call goes on."""

import json
from pathlib import Path
from typing import Any

from labelfix.data import records

KEY, FIGURES = "made_from", "figures"


class KeptLines:
    """A file of lines; each has the fingerprint of all that its figures depend on.

    Lines of other options, inputs or code stay in the file and are not found. A last line that
    was cut off while it was written counts for nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, made_from: object) -> dict[str, Any] | None:
        """The figures that were made from the same; None where there are none."""
        return self._read().get(records.fingerprint(made_from))

    def keep(self, made_from: object, figures: dict[str, Any]) -> None:
        """Write a line; several processes may write to one file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({KEY: records.fingerprint(made_from), FIGURES: figures})
        start = "" if self._ends_whole() else "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{start}{line}\n")

    def _ends_whole(self) -> bool:
        return not self.path.exists() or self.path.read_bytes()[-1:] in (b"", b"\n")

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self.path.exists():
            return {}
        found = {}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                written = json.loads(line)
            except json.JSONDecodeError:
                continue
            found[written[KEY]] = written[FIGURES]
        return found
