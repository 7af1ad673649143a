"""Command class, options, output."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import click
import pandas as pd

from app.answers.answer import Answer, Stand, heading_of, to_json, write_answer
from app.context import Context, open_context
from app.messages import Catalogue, Language
from geo.errors import MuPlanError
from geo.tools import Progress, nearest_name
from layers.exchange.cells import show_control_characters
from layers.exchange.heading import ExportHeading
from layers.exchange.writers.shapefile import ShapefileEncoding
from layers.exchange.writers.sheet import Cell, display_table


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
    """Say what is wrong with the options and arguments of a command."""
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


MISSING = "–"
CELL_WIDTH = 32
LAST_CELL_WIDTH = 100
CUT_MARK = "…"
GAP = "  "


def list_lines(frame: pd.DataFrame, heading: ExportHeading) -> list[str]:
    """Put a list into lines.

    ``frame``: The rows and columns shown, with the vocabulary's column names.

    The headings, then one line a row; numbers stand to the right, the last column may be long.
    """
    plain = ExportHeading(heading.title, {}, language=heading.language, titles=heading.titles)
    frame = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    titles, columns = display_table(frame, plain)
    if not titles:
        return []
    blocks = []
    for position, (name, title, cells) in enumerate(
        zip(frame.columns, titles, columns, strict=True)
    ):
        limit = LAST_CELL_WIDTH if position == len(titles) - 1 else CELL_WIDTH
        texts = [_cut(_text(cell, is_share(str(name))), limit) for cell in (title, *cells)]
        is_number = any(isinstance(cell, int | float) for cell in cells)
        blocks.append(_in_line(texts, to_the_right=is_number))
    return [GAP.join(row).rstrip() for row in zip(*blocks, strict=True)]


def is_share(column: str) -> bool:
    """Say whether a column holds parts of a whole (0–1), shown as percentages."""
    return column == "share" or column.startswith("share_") or column.endswith("_share")


def display_width(text: str) -> int:
    """Count the columns a text takes on the screen: Chinese characters take two.

    Examples
    --------
    >>> display_width("亩策 MuPlan")
    11
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    joined = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - joined


def _text(cell: Cell, share: bool) -> str:
    if cell is None or cell == "":
        return MISSING
    if isinstance(cell, float):
        return f"{cell:.2%}" if share else f"{cell:,.2f}"
    return " ".join(str(cell).split())


def _cut(text: str, limit: int) -> str:
    if display_width(text) <= limit:
        return text
    while display_width(text) > limit - 1:
        text = text[:-1]
    return text + CUT_MARK


def _in_line(texts: list[str], *, to_the_right: bool) -> list[str]:
    width = max(map(display_width, texts))
    room = [" " * (width - display_width(text)) for text in texts]
    return [
        space + text if to_the_right else text + space
        for text, space in zip(texts, room, strict=True)
    ]


SHOWN_ROWS = 20
VIEWER = "muplan.viewer"

OutputCommand = Callable[..., Any]


def viewer_option(command: OutputCommand) -> OutputCommand:
    """Give a command the choice of who looks (C10); ``context_of`` reads it."""

    def keep(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        ctx.meta[VIEWER] = value

    return click.option("--viewer", expose_value=False, callback=keep)(command)


def reading_options(command: OutputCommand) -> OutputCommand:
    """Give a command that reads a workspace the options that all of them have."""
    return viewer_option(answer_options(command))


def answer_options(command: OutputCommand) -> OutputCommand:
    """Give a command that answers the options for where its answer goes."""
    for option in reversed(
        (
            click.option("--json", "as_json", is_flag=True),
            click.option("--out", type=click.Path(path_type=Path)),
            click.option("--lang", type=click.Choice(["zh", "en"]), default="zh"),
        )
    ):
        command = option(command)
    return command


def rule_options(command: OutputCommand) -> OutputCommand:
    """Give a command that uses rules the options for packs and date."""
    for option in reversed(
        (
            click.option("--pack", "packs", multiple=True),
            click.option("--as-of", "as_of"),
        )
    ):
        command = option(command)
    return command


def context_of(
    workspace: Path, lang: str, packs: tuple[str, ...] = (), as_of: str | None = None
) -> Context:
    """Open the workspace of a command."""
    viewer = click.get_current_context().meta.get(VIEWER)
    return open_context(
        workspace, language=cast(Language, lang), as_of=as_of, packs=packs, viewer=viewer
    )


def terminal_progress() -> Progress | None:
    """Tell a person at a terminal how far long work is; a program that reads along is told none."""
    if not sys.stderr.isatty():
        return None

    def tell(share: float) -> None:
        click.echo(f"\r{share:4.0%}" + ("\r    \r" if share >= 1 else ""), nl=False, err=True)

    return tell


def show(
    answer: Answer,
    stand: Stand,
    *,
    as_json: bool,
    out: Path | None,
    encoding: ShapefileEncoding = "UTF-8",
) -> None:
    """Show an answer: to a file where asked, as JSON where asked, else as a short list."""
    if out is not None:
        for note in write_answer(answer, stand, out, encoding):
            click.echo(printable(note), err=True)
        click.echo(printable(stand.words.text("written", path=str(out))), err=True)
    if as_json:
        click.echo(json.dumps(to_json(answer, stand), ensure_ascii=False, allow_nan=False))
    elif out is None:
        _list(answer, stand)


def _list(answer: Answer, stand: Stand) -> None:
    heading = heading_of(answer, stand)
    mark = f"【{heading.labels['demo']}】" if stand.is_demo else ""
    for line in (f"{mark}{answer.title}", *answer.summary):
        click.echo(printable(line))
    frame = answer.on_screen
    if frame is None or not len(frame):
        return
    shown = len(frame) if answer.is_whole_on_screen else SHOWN_ROWS
    for line in list_lines(frame.head(shown), heading):
        click.echo(line)
    if len(frame) > shown:
        click.echo(stand.words.text("more_rows", count=len(frame) - shown))


def printable(text: str) -> str:
    """Put a text on one line without characters that would steer the terminal."""
    return show_control_characters(" ".join(text.split()))
