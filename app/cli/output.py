"""How a command shows its answer: one JSON object, a file, or a short list on the screen."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from app.answers.answer import Answer, Stand, heading_of, to_json, write_answer
from app.cli.listing import list_lines
from app.context import Context, open_context
from app.messages import Language
from geo.progress import Progress
from layers.exchange.cells import show_control_characters
from layers.exchange.shapefile_out import ShapefileEncoding

SHOWN_ROWS = 20
VIEWER = "muplan.viewer"

Command = Callable[..., Any]


def viewer_option(command: Command) -> Command:
    """Give a command the choice of who looks (C10); ``context_of`` reads it."""

    def keep(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
        ctx.meta[VIEWER] = value

    return click.option("--viewer", expose_value=False, callback=keep)(command)


def reading_options(command: Command) -> Command:
    """Give a command that reads a workspace the options that all of them have."""
    return viewer_option(answer_options(command))


def answer_options(command: Command) -> Command:
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


def rule_options(command: Command) -> Command:
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
