"""A new relabel, run beside the server in a process of its own, so that pages stay quick."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOST_OUTPUT = 2_000
"""Characters of its last words that a page shows."""
END_S = 10.0
"""How long it may take to end when the server ends."""


@dataclass(frozen=True, kw_only=True)
class RelabelState:
    """How far it is.

    Attributes:
        is_running: whether it runs now.
        times: how often one has ended well.
        error: what went wrong with the last one; empty where nothing did.
    """

    is_running: bool = False
    times: int = 0
    error: str = ""


class RelabelRun:
    """At most one run at a time.

    Args:
        command: its program and arguments; None where there is nothing to run.
        when_done: called after a run that ended well, before its state says so.
    """

    def __init__(self, command: Sequence[str] | None, when_done: Callable[[], None]) -> None:
        self._command = command
        self._when_done = when_done
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._state = RelabelState()

    @property
    def state(self) -> RelabelState:
        """How far it is now."""
        with self._lock:
            return self._state

    def start(self) -> RelabelState:
        """Start a run unless one is running already."""
        with self._lock:
            if self._state.is_running or self._command is None:
                return self._state
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches the server alone, which ends it
            )
            self._state = RelabelState(is_running=True, times=self._state.times)
            threading.Thread(target=self._wait, args=(self._process,), daemon=True).start()
            return self._state

    def close(self) -> None:
        """End a run that is not done; the workspace stays whole."""
        with self._lock:
            process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        _, said = process.communicate()
        error = ""
        if process.returncode:
            error = said.strip()[-MOST_OUTPUT:] or f"it ended with code {process.returncode}"
        else:
            try:
                self._when_done()
            except Exception as problem:  # the page has to hear of it; the old results stay
                error = str(problem)
        with self._lock:
            times = self._state.times + (not error)
            self._state = RelabelState(times=times, error=error)
