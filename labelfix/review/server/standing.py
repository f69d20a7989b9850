"""Which decisions stand, kept in memory and brought up to date from the file's new events."""

import threading
from collections.abc import Sequence

from labelfix.data.decision_store import DecisionStore
from labelfix.data.decision_table import UNDO
from labelfix.data.decisions import Decision


class StandingDecisions:
    """The same as `DecisionStore.current`, without reading old events again.

    Attributes:
        event: the id of the last event that is counted in.
    """

    def __init__(self, store: DecisionStore) -> None:
        self.event = 0
        self._store = store
        self._lock = threading.Lock()
        self._stacks: dict[str, dict[str, list[tuple[int, Decision]]]] = {}

    def refresh(self) -> None:
        """Count in what was decided since, here or by another server of the workspace."""
        with self._lock:
            for event in self._store.history(self.event):
                of_image = self._stacks.setdefault(event.decision.image, {})
                stack = of_image.setdefault(event.reviewer, [])
                if event.kind == UNDO:
                    stack.pop()
                else:
                    stack.append((event.id, event.decision))
                self.event = event.id

    def of_image(self, image: str) -> dict[str, Decision]:
        """The decision of each reviewer on an image."""
        with self._lock:
            stacks = self._stacks.get(image, {})
            return {who: stack[-1][1] for who, stack in stacks.items() if stack}

    def everything(self) -> dict[str, dict[str, Decision]]:
        """The decision of each reviewer by image; only images that have one."""
        with self._lock:
            return {
                image: found
                for image, stacks in self._stacks.items()
                if (found := {who: stack[-1][1] for who, stack in stacks.items() if stack})
            }

    def current(self) -> Sequence[Decision]:
        """The last decision that stands of each image and reviewer, in the order of decisions."""
        with self._lock:
            last = [
                stack[-1] for stacks in self._stacks.values() for stack in stacks.values() if stack
            ]
        return [decision for _, decision in sorted(last, key=lambda one: one[0])]
