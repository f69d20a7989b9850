"""A command's options from dataclasses: its signature for typer, and objects for its function.

    @with_options()
    def index(index: IndexOptions, work: WorkspaceOptions) -> None: ...

takes every option of both classes on the command line and is called with the two objects.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, is_dataclass
from types import NoneType
from typing import (
    Annotated,
    Any,
    Generic,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import typer

from labelfix.errors import OptionError
from labelfix.options.option import Declaration, declarations, flags_of

Options = TypeVar("Options")
Command = Callable[..., None]


@dataclass(frozen=True)
class Given(Generic[Options]):
    """Options as they stand on the command line, for a command that makes the object itself.

    Attributes:
        kind: the dataclass.
        values: by field, without those that are left at the field's default.
        written: texts by option name, of options such as `--level RULE=LEVEL`.
    """

    kind: type[Options]
    values: Mapping[str, Any]
    written: Mapping[str, tuple[str, ...]]

    def made(self, **changes: Any) -> Options:
        """The object, with some fields changed.

        Raises:
            InputError: a value cannot be used; the message names the flag.
        """
        try:
            return self.kind(**{**self.values, **changes})
        except OptionError as error:
            raise error.with_names(flags_of(self.kind)) from error  # type: ignore[arg-type]


@dataclass(frozen=True)
class Selection:
    """Which options of a dataclass a command has, by their fields."""

    fields: frozenset[str]
    are_taken: bool

    def takes(self, field: str) -> bool:
        """Whether the command has the option of a field."""
        return (field in self.fields) == self.are_taken


def only(*fields: str) -> Selection:
    """These options of a dataclass alone."""
    return Selection(frozenset(fields), are_taken=True)


def without(*fields: str) -> Selection:
    """All options of a dataclass but these."""
    return Selection(frozenset(fields), are_taken=False)


ALL = without()


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How one command shows an option otherwise than its declaration.

    Attributes:
        help: None keeps the declaration's.
        flag: one more, in front of its own.
        is_open: without a default: the field's own holds where nothing is given.
        default: instead of the declaration's; None keeps that.
        completion: what the shell completes a beginning to; None takes the declaration's choices.
    """

    help: str | None = None
    flag: str | None = None
    is_open: bool = False
    default: Any = None
    completion: Callable[[str], list[str]] | None = None


@dataclass(frozen=True)
class _Group:
    """A parameter of a command's function that is made from options."""

    kind: type[Any]
    is_given: bool
    options: tuple[Declaration, ...]

    def given(self, line: Mapping[str, Any]) -> Given[Any]:
        """What the command line says of these options."""
        values: dict[str, Any] = {}
        written = {}
        for one in self.options:
            value = line[one.name]
            if one.option.is_written:
                written[one.name] = tuple(value or ())
            elif value is None:
                continue  # the field's own default
            elif one.option.from_line is not None:
                values |= one.option.from_line(value)
            else:
                values[one.field] = tuple(value) if _is_tuple(one.kind) else value
        return Given(self.kind, values, written)

    def argument(self, line: Mapping[str, Any]) -> Any:
        """What the command's function takes: the object, or the options that it is made from."""
        given = self.given(line)
        return given if self.is_given else given.made()


def with_options(**variants: Variant) -> Callable[[Command], Command]:
    """Make a command of a function whose parameters are dataclasses of options.

    A parameter is a dataclass, or `Given` of one; `Annotated[..., only("seed")]` takes some of
    its options. Other parameters are typer's. Where two dataclasses have an option of one name,
    the command has it once, in the place of the last.

    Args:
        variants: by option name, what this command shows otherwise.
    """

    def decorate(function: Command) -> Command:
        groups, parameters = _split(function, variants)

        def command(**line: Any) -> None:
            own = {name: line[name] for name in names if name not in groups}
            try:
                arguments = {name: group.argument(line) for name, group in groups.items()}
                function(**arguments, **own)
            except OptionError as error:
                kinds = [flags_of(group.kind) for group in groups.values()]
                raise error.with_names({k: v for one in kinds for k, v in one.items()}) from error

        names = inspect.signature(function).parameters
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__module__ = function.__module__
        command.__annotations__ = {name: one.annotation for name, one in parameters.items()}
        command.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        return command

    return decorate


def first_given(context: typer.Context, names: Iterable[str]) -> str | None:
    """The flag of the first of some options that stands on the command line itself.

    Args:
        context: of the command.
        names: of its parameters; a settings file may set them, and does not count.
    """
    flags = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            return flags[name]
    return None


def _split(
    function: Command, variants: Mapping[str, Variant]
) -> tuple[dict[str, _Group], dict[str, inspect.Parameter]]:
    """The parameters made from options, and all that the command line has, in order."""
    groups: dict[str, _Group] = {}
    parameters: dict[str, inspect.Parameter] = {}
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        group = _group(hints[name])
        if group is None:
            keyword = inspect.Parameter.KEYWORD_ONLY
            parameters[name] = parameter.replace(kind=keyword, annotation=hints[name])
            continue
        groups[name] = group
        for one in group.options:
            parameters.pop(one.name, None)
            parameters[one.name] = _parameter(one, variants.get(one.name, Variant()))
    return groups, parameters


def _group(hint: Any) -> _Group | None:
    """The options that a parameter's type asks for; None where it is typer's own."""
    chosen = ALL
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        chosen = next((one for one in extras if isinstance(one, Selection)), ALL)
    is_given = get_origin(hint) is Given
    kind = get_args(hint)[0] if is_given else hint
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None
    shown = (one for one in declarations(kind).values() if one.option.help)
    return _Group(kind, is_given, tuple(one for one in shown if chosen.takes(one.field)))


def _parameter(one: Declaration, variant: Variant) -> inspect.Parameter:
    """The parameter of typer for an option."""
    about = one.option
    kind = list[str] if about.is_written else about.kind or one.kind
    if _is_tuple(kind):
        kind = list[get_args(kind)[0]]  # type: ignore[misc]
    default = about.to_line(one.default) if about.to_line else one.default
    if variant.default is not None:
        default = variant.default
    if about.is_written or variant.is_open or default == ():
        default = None
    if default is None and NoneType not in get_args(kind):
        kind = kind | None
    flags = (variant.flag, one.flag, about.short)
    info = typer.Option(
        *filter(None, flags),
        help=variant.help or one.help,
        metavar=about.metavar,
        envvar=about.environment,
        show_default=default is not None and default != "",
        rich_help_panel=about.panel,
        autocompletion=variant.completion or _completion(about.choices or about.suggestions),
    )
    return inspect.Parameter(
        one.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, info],
    )


def _completion(texts: tuple[str, ...]) -> Callable[[str], list[str]] | None:
    """Completes a beginning to the texts that have it; None where there are no texts."""

    def complete(incomplete: str) -> list[str]:
        return [text for text in texts if text.startswith(incomplete)]

    return complete if texts else None


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple
