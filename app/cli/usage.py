"""What is said of a command that was typed wrongly, in the product's own words."""

from collections.abc import Iterable

import click

from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.nearest import nearest_name


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
    """Commands by name."""

    command_class = Command

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


def usage_sentence(error: click.ClickException, words: Catalogue) -> str:
    """Say what is wrong with the options and arguments of a command.

    Parameters
    ----------
    error
        What the reading of the command line found.
    words
        Language.

    Returns
    -------
    str
        One sentence.
    """
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
