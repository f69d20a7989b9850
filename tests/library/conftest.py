"""What the tests of the Python interface share."""

from collections.abc import Iterator

import pytest
from small_training import small_trainings


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Every training in this process is a small one."""
    with small_trainings():
        yield
