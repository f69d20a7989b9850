"""Millions of small objects that hold each other in no circle."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """Keep Python from searching for circles again and again while many objects are made.

    A table of a million rows makes tens of millions of them; the searches take longer than the
    work. What is in no circle is freed as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
