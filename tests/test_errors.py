"""Every error for users has exit code 2, its message and the way out."""

import pytest

from labelfix import errors


@pytest.mark.parametrize(
    "kind",
    [
        *("InputError", "WeightsUnavailableError", "MissingStageError", "WorkspaceError"),
        *("OutputError", "ArrayError", "MissingPackageError"),
    ],
)
def test_labelfix_error__exit_code_and_text(kind):
    error = getattr(errors, kind)("no such file: a.csv", "Name the file.")
    assert isinstance(error, errors.LabelfixError)
    assert error.exit_code == 2
    assert str(error) == "no such file: a.csv\nName the file."
    assert (error.message, error.hint) == ("no such file: a.csv", "Name the file.")


def test_labelfix_error__without_a_hint():
    assert str(errors.LabelfixError("broken")) == "broken"
