"""Groups that load a command when it is used, and what is said of wrong arguments."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, get_args

import click

from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.tools import nearest_name, show_control_characters


class Refusal(click.ClickException):
    """A refusal that is a sentence already."""


def load(address: str) -> Any:  # noqa: ANN401  # a command or a type
    """Import what stands at ``module:attribute``."""
    module, _, attribute = address.partition(":")
    return getattr(import_module(module), attribute)


class LiteralChoice(click.Choice):
    """One of the words of a ``Literal`` at ``module:attribute``, imported when a word is tried."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.case_sensitive = True

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The words."""
        return get_args(load(self._address))


class Command(click.Command):
    """A command that names what it was given too much."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options and arguments (``argument_extra``)."""
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if rest:
            raise MuPlanError("argument_extra", arguments=" ".join(rest))
        return rest


class Commands(click.Group):
    """Commands by name, put into the words (``ctx.obj``) that the line was asked in."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the name of the command (``command_missing``)."""
        if not args:
            raise MuPlanError("command_missing", known=", ".join(self.commands))
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command (``command_unknown`` with the nearest name)."""
        if args[0] not in self.commands:
            nearest = nearest_name(args[0], self.commands)
            raise MuPlanError("command_unknown", command=args[0], nearest=nearest)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command, with its help in words."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            put_into_words(command, ctx.obj, _catalogue_name(ctx, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with a line each from the catalogue, loading none of them."""
        stubs = {
            name: click.Command(name, help=ctx.obj.text(f"command_{_catalogue_name(ctx, name)}"))
            for name in self.commands
        }
        click.Group(commands=stubs).format_commands(ctx, formatter)


class CommandTable(Mapping[str, click.Command]):
    """Commands by name, each imported when it is first asked for.

    ``addresses``: ``module:attribute`` of each, a mapping of the same kind for a group, in the
      order in which they are named.
    """

    def __init__(self, addresses: "Mapping[str, str | Mapping[str, str]]") -> None:
        self._addresses = addresses

    def __getitem__(self, name: str) -> click.Command:
        """Import a command (``KeyError`` where there is none of the name)."""
        address = self._addresses[name]
        return load(address) if isinstance(address, str) else group(name, address)

    def __iter__(self) -> Iterator[str]:
        """List the names, importing nothing."""
        return iter(self._addresses)

    def __len__(self) -> int:
        """Count the commands."""
        return len(self._addresses)

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a command, importing nothing."""
        return name in self._addresses


def group(name: str, addresses: "Mapping[str, str | Mapping[str, str]]") -> Commands:
    """Make a group of commands that are loaded when they are used."""
    return Commands(
        name, CommandTable(addresses), context_settings={"help_option_names": ["--help"]}
    )


def _catalogue_name(ctx: click.Context, command: str) -> str:
    """Return the name of a command in the catalogue: ``info``, ``project_show``."""
    return "_".join([*ctx.command_path.split()[1:], command])


def put_into_words(command: click.Command, words: Catalogue, name: str) -> None:
    """Take the help of a command and its options from the catalogue.

    ``name``: Name under which the catalogue holds it: ``command_<name>``, ``option_<parameter>``.
    """
    command.help = words.text(f"command_{name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            parameter.help = words.text(f"option_{parameter.name}")
    help_option = command.get_help_option(click.Context(command))
    if help_option is not None:
        help_option.help = words.text("option_help")


def usage_sentence(error: click.ClickException, words: Catalogue) -> str:
    """Say what is wrong with the options and arguments of a command."""
    if isinstance(error, Refusal):
        return error.message
    if isinstance(error, click.NoSuchOption):
        known = _option_names(error.ctx.command.params if error.ctx else ())
        nearest = nearest_name(error.option_name, known)
        return words.text("option_unknown", option=error.option_name, nearest=nearest)
    if isinstance(error, click.BadOptionUsage):
        return words.text("option_misused", option=error.option_name)
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _parameter_sentence(error, error.param, words)
    return words.text("usage_bad", why=error.format_message())


def _parameter_sentence(
    error: click.BadParameter, parameter: click.Parameter, words: Catalogue
) -> str:
    name = _name(parameter)
    if isinstance(error, click.MissingParameter):
        return words.text("parameter_missing", name=name)
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return words.text("parameter_choice", name=name, known=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange):
        return words.text("parameter_range", name=name, least=kind.min, most=kind.max)
    code = {click.INT: "parameter_whole_number", click.FLOAT: "parameter_number"}.get(kind)
    if code is None:
        return words.text("parameter_bad", name=name, why=error.message)
    return words.text(code, name=name)


def _name(parameter: click.Parameter) -> str:
    """Name a parameter as it is typed: ``--out``, ``WORKSPACE``."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return (parameter.name or "").upper()


def _option_names(parameters: Iterable[click.Parameter]) -> list[str]:
    options = [p for p in parameters if isinstance(p, click.Option)]
    return [name for option in options for name in option.opts] + ["--help"]


def printable(text: str) -> str:
    """Put a text on one line without characters that would steer the terminal."""
    return show_control_characters(" ".join(text.split()))
