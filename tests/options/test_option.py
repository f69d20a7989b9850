"""One option: its declaration, its range, its errors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import pytest

from labelfix.errors import InputError, OptionError
from labelfix.options.batch_options import BaselineOptions, OutputOptions, ReferenceOptions
from labelfix.options.bench_options import BenchOptions
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions, compiled_pattern
from labelfix.options.option import (
    BETWEEN_0_AND_1,
    PROBABILITY,
    Option,
    Range,
    at_least,
    check_options,
    declarations,
    device_option,
    either,
    flags_of,
    option,
    refused,
    seed_option,
)
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.review_options import AuditOptions, ReportOptions
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds
from labelfix.options.train_options import TrainOptions
from labelfix.options.workspace_options import WorkspaceOptions

SHOWN = (
    AuditOptions,
    BaselineOptions,
    BenchOptions,
    EmbedOptions,
    IndexOptions,
    ManifestOptions,
    OutputOptions,
    ReferenceOptions,
    RelabelOptions,
    ReportOptions,
    RuleOptions,
    Thresholds,
    TrainOptions,
    WorkspaceOptions,
)


@dataclass(frozen=True, kw_only=True)
class Oven:
    """Options of an oven."""

    heat: int = option(
        180, "Heat in degrees; default: {default:,}.", range=at_least(30), short="-t"
    )
    place: str = option(
        "top", "Where: {choices}.", choices=("top", "middle", "below"), name="shelf_place"
    )
    share: float | None = option(None, range=PROBABILITY)
    notes: Mapping[str, str] = option(dict)
    inner: int = 3
    device: str = device_option()
    seed: int = seed_option()

    def __post_init__(self) -> None:
        check_options(self)


def test_declarations__of_fields_that_are_options():
    found = declarations(Oven)
    assert list(found) == ["heat", "place", "share", "notes", "device", "seed"]
    heat = found["heat"]
    assert (heat.name, heat.flag, heat.kind, heat.default) == ("heat", "--heat", int, 180)
    assert heat.help == "Heat in degrees; default: 180."
    assert heat.option == Option(
        help="Heat in degrees; default: {default:,}.", range=at_least(30), short="-t"
    )
    assert found["place"].help == "Where: top, middle or below."
    assert (found["place"].name, found["place"].flag) == ("shelf_place", "--shelf-place")
    assert found["device"].help == "auto, cpu or cuda."


def test_flags_of__name_of_the_option_and_not_of_the_field():
    assert flags_of(Oven) == {
        "heat": "--heat",
        "place": "--shelf-place",
        "share": "--share",
        "notes": "--notes",
        "device": "--device",
        "seed": "--seed",
    }


def test_option__dict_is_made_anew_for_each():
    assert Oven().notes == {}
    assert Oven().notes is not Oven().notes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"heat": 29}, "heat: expected at least 30, found 29"),
        ({"place": "out"}, "place: expected one of top, middle, below, found 'out'"),
        ({"share": 1.5}, "share: expected a probability from 0 to 1, found 1.5"),
        ({"share": math.nan}, "share: expected a probability from 0 to 1, found nan"),
        ({"device": "gpu"}, "device: expected one of auto, cpu, cuda, found 'gpu'"),
        ({"seed": -1}, "seed: expected at least 0, found -1"),
        ({"seed": 2**63}, f"seed: expected at most {2**63 - 1}, found {2**63}"),
    ],
)
def test_check_options__names_the_field_and_the_flag(given, message):
    with pytest.raises(OptionError) as caught:
        Oven(**given)
    assert caught.value.message == message
    field, _, rest = message.partition(":")
    named = caught.value.with_names(flags_of(Oven))
    assert type(named) is InputError
    assert named.message == f"{flags_of(Oven)[field]}:{rest}"


@pytest.mark.parametrize("given", [{"heat": 30}, {"share": 0.0}, {"share": 1.0}, {"share": None}])
def test_check_options__ends_are_allowed(given):
    assert Oven(**given).inner == 3


@pytest.mark.parametrize(
    ("limits", "value", "is_inside"),
    [
        (BETWEEN_0_AND_1, 0.5, True),
        (BETWEEN_0_AND_1, 0.0, False),
        (BETWEEN_0_AND_1, 1.0, False),
        (BETWEEN_0_AND_1, math.nan, False),
        (PROBABILITY, 0.0, True),
        (Range(most=5), -(10**9), True),
        (Range(most=5), 6, False),
    ],
)
def test_range__check(limits, value, is_inside):
    if is_inside:
        limits.check("x", value)
        return
    with pytest.raises(OptionError, match=r"^x: expected "):
        limits.check("x", value)


def test_option_error__braces_of_a_user_stay_as_they_are():
    error = refused("columns", "names", "{label} {0} {")
    assert error.message == "columns: expected names, found {label} {0} {"
    assert error.with_names({"columns": "--columns", "label": "--label"}).message == (
        "--columns: expected names, found {label} {0} {"
    )


def test_compiled_pattern__hint_names_the_option_as_the_caller_does():
    with pytest.raises(OptionError) as caught:
        compiled_pattern("label_pattern", "abc{2}")
    assert caught.value.message == (
        "label_pattern: expected a group in parentheses for the label, found none in 'abc{2}'"
    )
    assert caught.value.hint.startswith("For example label_pattern '([^/]+)/[^/]+$'")
    named = caught.value.with_names(flags_of(ManifestOptions))
    assert named.hint.startswith("For example --label-pattern '([^/]+)/[^/]+$'")


@pytest.mark.parametrize(
    ("choices", "text"), [((), ""), (("a",), "a"), (("a", "b"), "a or b"), ("abc", "a, b or c")]
)
def test_either(choices, text):
    assert either(choices) == text


@pytest.mark.parametrize("kind", SHOWN)
def test_options__are_keyword_only_and_documented(kind):
    with pytest.raises(TypeError, match="positional"):
        kind("x")
    for field in fields(kind):
        assert f"{field.name}" in (kind.__doc__ or ""), field.name


@pytest.mark.parametrize("kind", SHOWN)
def test_options__help_is_a_sentence_without_gaps(kind):
    shown = [one for one in declarations(kind).values() if one.option.help]
    assert shown
    for one in shown:
        assert one.help[-1] == ".", one.help
        assert not {"{", "}"} & {*one.help}
