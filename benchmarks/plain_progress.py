"""Progress as plain lines on stderr, at most one every few seconds."""

import sys
import time

EVERY_S = 10.0


class PlainProgress:
    """What a stage tells of its work, for a log; it needs no terminal and no library."""

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """A piece of work starts."""
        self._doing, self._total, self._unit, self._done = doing, total, unit, done
        self._first, self._started = done, time.monotonic()
        self._told = self._started

    def advance(self, count: int, note: str = "") -> None:
        """Some more units are done."""
        self._done += count
        now = time.monotonic()
        if now - self._told < EVERY_S:
            return
        self._told = now
        rate = (self._done - self._first) / (now - self._started)
        found = f"{self._doing}: {self._done:,} of {self._total:,} {self._unit}, {rate:,.1f}/s"
        self.say(f"{found}, {note}" if note else found)

    def say(self, text: str) -> None:
        """Something a person should know."""
        print(text, file=sys.stderr, flush=True)
