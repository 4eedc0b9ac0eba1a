"""What was typed fits no option or command -> one line, and exit code 2."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from affuse.cli.errors import complaint

_USAGE_ERROR: type[Any] = typer.BadParameter.__mro__[1]
"""Of click, or of its copy within newer versions of typer."""

_TYPED = "affuse.typed"
"""Key in a context's `meta` of the arguments as they were typed."""


def with_one_command(app: typer.Typer, typed: Sequence[str]) -> typer.Typer:
    """The command line with the typed command alone: to build all of them takes far longer.

    Parameters
    ----------
    app : Typer
        With all commands.
    typed : sequence of str
        The arguments.

    Returns
    -------
    Typer
        With all commands still where the first argument is none of them.
    """
    name = typed[0] if typed else ""
    commands = [command for command in app.registered_commands if _name(command) == name]
    groups = [group for group in app.registered_groups if group.name == name]
    if not commands and not groups:
        return app
    one = copy.copy(app)
    one.registered_commands, one.registered_groups = commands, groups
    return one


def _name(command: Any) -> str:
    return str(command.name or command.callback.__name__.replace("_", "-"))


class Commands(TyperGroup):
    """All commands; typer's complaints are one line that says what was typed."""

    @override
    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **more: Any) -> Any:
        if more.get("resilient_parsing"):
            return super().make_context(info_name, args, *rest, **more)
        typed = list(args)
        with _in_one_line(typed):
            context = super().make_context(info_name, args, *rest, **more)
        context.meta[_TYPED] = typed
        return context

    @override
    def invoke(self, ctx: Any) -> Any:
        with _in_one_line(ctx.meta.get(_TYPED, ())):
            return super().invoke(ctx)


@contextmanager
def _in_one_line(typed: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except _USAGE_ERROR as error:
        # Nothing was typed: the help is printed, which takes many lines.
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        command = error.ctx.command_path if error.ctx else "affuse"
        text = _text_of(error, typed).rstrip(".")
        raise complaint(f"{text} (see `{command} --help`)") from None


def _text_of(error: Any, typed: Sequence[str]) -> str:
    """The complaint, of an option's value after the option and the value themselves."""
    names = getattr(getattr(error, "param", None), "opts", ())
    given = [(name, value) for name in names for value in _values(name, typed)]
    if not given:
        return str(error.format_message())
    name, value = given[-1]
    return f"{name} {value} was given: {error.message[:1].lower()}{error.message[1:]}"


def _values(option: str, typed: Sequence[str]) -> list[str]:
    """What was typed for an option, as ``--name value`` or ``--name=value``."""
    after = [value for name, value in pairwise(typed) if name == option]
    return after + [text.partition("=")[2] for text in typed if text.startswith(f"{option}=")]
