"""The command on chains of industry."""

from pathlib import Path

import click

from app.answers.answer import stand_of
from app.answers.chains import chain_answer, run_chains
from app.cli.output import context_of, reading_options, rule_options, show
from app.cli.usage import Command


@click.command("chains", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--year", type=int)
@reading_options
@rule_options
def chains_command(
    workspace: Path,
    year: int | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Show which links of the city's chains of industry are there and which are missing."""
    context = context_of(workspace, lang, packs, as_of)
    answer = chain_answer(context, run_chains(context, year))
    show(answer, stand_of(context), as_json=as_json, out=out)
