"""Which decisions stand, kept in memory and brought up to date from the file's new events."""

import threading
from collections.abc import Mapping

from labelfix.data.decision_store import DecisionStore, Event
from labelfix.data.decision_table import DECIDE, REDO
from labelfix.data.decisions import Decision


class StandingDecisions:
    """The same as `DecisionStore.standing`, without reading old events again.

    Attributes:
        event: the id of the last event that is counted in.
    """

    def __init__(self, store: DecisionStore) -> None:
        self.event = 0
        self._store = store
        self._lock = threading.Lock()
        self._stacks: dict[str, dict[str, list[Event]]] = {}
        self._undone: dict[str, list[Event]] = {}

    def refresh(self) -> list[Event]:
        """Count in what happened since, here or by another server; returns the new events."""
        with self._lock:
            new = self._store.history(self.event)
            for event in new:
                of_image = self._stacks.setdefault(event.decision.image, {})
                stack = of_image.setdefault(event.reviewer, [])
                undone = self._undone.setdefault(event.reviewer, [])
                if event.kind == DECIDE:
                    stack.append(event)
                    undone.clear()
                elif event.kind == REDO:
                    stack.append(undone.pop())
                else:  # an undo is of the reviewer's last decision that stands
                    undone.append(stack.pop())
                self.event = event.id
            return new

    def of_image(self, image: str) -> Mapping[str, Decision]:
        """The decision of each reviewer on an image."""
        with self._lock:
            stacks = self._stacks.get(image, {})
            return {who: stack[-1].decision for who, stack in stacks.items() if stack}

    def everything(self) -> Mapping[str, Mapping[str, Decision]]:
        """The decision of each reviewer by image; only images that have one."""
        with self._lock:
            return {
                image: found
                for image, stacks in self._stacks.items()
                if (found := {who: stack[-1].decision for who, stack in stacks.items() if stack})
            }

    def events(self) -> list[Event]:
        """The last event that stands of each image and reviewer, in the order of events."""
        with self._lock:
            last = [
                stack[-1] for stacks in self._stacks.values() for stack in stacks.values() if stack
            ]
        return sorted(last, key=lambda event: event.id)

    def decisions(self) -> list[Decision]:
        """The decisions of `events`."""
        return [event.decision for event in self.events()]
