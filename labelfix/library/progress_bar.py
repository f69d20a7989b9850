"""Progress in notebooks and on terminals, for work that takes longer than a moment."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labelfix.runtime.progress import Progress, Silent

if TYPE_CHECKING:
    from tqdm import tqdm

DELAY_S = 3.0
"""Work that takes less shows no bar."""


class Bar:
    """A line of progress on stderr, once the whole call has taken `DELAY_S`.

    Args:
        started: when the call began, as `time.monotonic` has it.
    """

    def __init__(self, started: float) -> None:
        self._started = started
        self._bar: tqdm[Any] | None = None

    def begin(self, doing: str, total: int, unit: str, done: int = 0) -> None:
        """Start a bar; the one before is finished."""
        from tqdm import tqdm

        self.close()
        self._bar = tqdm(
            desc=doing,
            total=total,
            initial=done,
            unit=f" {unit}",
            delay=max(0.001, self._started + DELAY_S - time.monotonic()),
            file=sys.stderr,
            leave=False,
            dynamic_ncols=True,
        )

    def advance(self, count: int, note: str = "") -> None:
        """Move the bar on."""
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(count)

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)

    def close(self) -> None:
        """End the bar, if there is one."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None


@contextmanager
def shown(progress: "Progress | bool | None") -> Iterator[Progress]:
    """The listener that a caller wants.

    Args:
        progress: None shows a bar in a notebook and on a terminal, True everywhere, False
            nowhere; a `Progress` is used as it is.
    """
    if progress is None:
        progress = _is_watched()
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress:
        yield Silent()
        return
    bar = Bar(time.monotonic())
    try:
        yield bar
    finally:
        bar.close()


def _is_watched() -> bool:
    """Whether a person sees standard error: on a terminal, or in a notebook."""
    stream = sys.stderr
    if stream is not None and stream.isatty():
        return True
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
