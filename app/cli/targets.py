"""The commands on tasks and targets, rankings, and post-evaluation."""

from pathlib import Path
from typing import get_args

import click

from app.answers.answer import stand_of
from app.answers.rankings import evaluation_answer, ranking_answer
from app.answers.targets import progress_list, target_answer
from app.cli.output import context_of, reading_options, rule_options, show
from app.cli.usage import Command
from platforms.indicators.measures import RankedBy
from platforms.indicators.rankings import RankingQuery

WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path))


@click.command("targets", cls=Command)
@WORKSPACE
@click.option("--year", type=int)
@click.option("--rule", "rules", multiple=True)
@reading_options
@rule_options
def targets_command(
    workspace: Path,
    year: int | None,
    rules: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Show the progress on tasks and targets."""
    context = context_of(workspace, lang, packs, as_of)
    rows = progress_list(context, year, rules)
    answer = target_answer(context, year, rules, rows)
    show(answer, stand_of(context), as_json=as_json, out=out)


@click.command("ranking", cls=Command)
@WORKSPACE
@click.option("--by", "ranked_by", type=click.Choice(get_args(RankedBy)), required=True)
@click.option("--period", required=True)
@click.option("--measure", "measures", multiple=True)
@reading_options
@rule_options
def ranking_command(
    workspace: Path,
    ranked_by: RankedBy,
    period: str,
    measures: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Rank platforms or units by quarter or year."""
    context = context_of(workspace, lang, packs, as_of)
    answer = ranking_answer(context, RankingQuery(ranked_by, period, measures))
    show(answer, stand_of(context), as_json=as_json, out=out)


@click.command("evaluate", cls=Command)
@WORKSPACE
@click.option("--year", type=int)
@reading_options
@rule_options
def evaluate_command(
    workspace: Path,
    year: int | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Hold what projects promised against what was reached."""
    context = context_of(workspace, lang, packs, as_of)
    answer = evaluation_answer(context, context.year if year is None else year)
    show(answer, stand_of(context), as_json=as_json, out=out)
