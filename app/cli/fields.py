"""``muplan fields``: the columns of layers, on the screen or as the data dictionary."""

from pathlib import Path

import click

from app.answers.answer import Stand
from app.answers.data_dictionary import data_dictionary
from app.answers.ledger import field_answer
from app.cli.output import printable, show
from app.cli.usage import Command
from app.messages import catalogue


@click.command("fields", cls=Command)
@click.argument("layer", required=False)
@click.option("--markdown", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def fields_command(layer: str | None, markdown: Path | None, as_json: bool, lang: str) -> None:
    """List the columns of layers."""
    words = catalogue("en" if lang == "en" else "zh")
    if markdown is not None:
        markdown.write_text(data_dictionary(), encoding="utf-8", newline="\n")
        click.echo(printable(words.text("written", path=str(markdown))), err=True)
        return
    show(field_answer(layer, words), Stand(words, {}), as_json=as_json, out=None)
