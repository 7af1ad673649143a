"""Chains, consolidate, place, scenario, targets, ranking, evaluate."""

import json
from pathlib import Path
from typing import get_args

import click

from app.answers.answer import stand_of
from app.answers.chains import chain_answer, run_chains
from app.answers.consolidation import consolidation_answer, solve, state_verdicts
from app.answers.placement import (
    WordedLocksError,
    demands_asked,
    match_all,
    place_matched,
    placement_answer,
)
from app.answers.scenario_comparison import comparison, comparison_answer
from app.answers.scenarios import (
    add_scenario,
    adopt_scenario,
    edit_scenario,
    read_edits,
    remove_scenario,
    scenario_answer,
    scenario_named,
    scenarios_of,
)
from app.answers.targets import evaluation_answer, progress_list, ranking_answer, target_answer
from app.cli.usage import (
    Command,
    Commands,
    context_of,
    reading_options,
    rule_options,
    show,
    terminal_progress,
)
from geo.errors import MuPlanError
from platforms.errors import PlanningError
from platforms.indicators.ranking import RankedBy, RankingQuery
from platforms.placement.place import Wishes
from platforms.scenario.edits import ExitPark, JoinPark, ScenarioEdit


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


@click.command("consolidate", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--unit", "plan_unit")
@click.option("--year", type=int)
@click.option("--solve", "with_plan", is_flag=True)
@click.option("--keep", "keep_name")
@click.option("--alternatives", type=click.IntRange(1, 20), default=3)
@reading_options
@rule_options
def consolidate_command(
    workspace: Path,
    plan_unit: str | None,
    year: int | None,
    with_plan: bool,
    keep_name: str | None,
    alternatives: int,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Say where units stand, and the fewest changes that meet the rules."""
    if keep_name is not None and (not with_plan or plan_unit is None):
        raise MuPlanError("scenario_keep_needs_one")
    context = context_of(workspace, lang, packs, as_of)
    verdicts = state_verdicts(context, plan_unit, year)
    found = None
    if with_plan:
        found = solve(context, plan_unit, year, alternatives, terminal_progress())
    if keep_name is not None and found is not None:
        if not found[0].plans:
            raise PlanningError("scenario_no_plan", unit_id=plan_unit)
        add_scenario(context, keep_name, found[0].plans[0].edits)
    answer = consolidation_answer(context, plan_unit, year, verdicts, found)
    show(answer, stand_of(context), as_json=as_json, out=out)


def _pairs(stated: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for one in stated:
        project_id, mark, site_id = one.partition("=")
        if not (project_id and mark and site_id):
            raise MuPlanError("placement_pair_malformed", pair=one)
        pairs.append((project_id, site_id))
    return tuple(pairs)


@click.command("place", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--projects", required=True)
@click.option("--gap", type=click.FloatRange(0, 1), default=0.005)
@click.option("--deadline", type=click.FloatRange(1, 86_400), default=60.0)
@click.option("--lock", multiple=True)
@click.option("--exclude", multiple=True)
@click.option("--explain/--no-explain", default=True)
@click.option("--quick", is_flag=True)
@click.option("--tolerance", type=click.FloatRange(0, 1), default=0.01)
@reading_options
@rule_options
def place_command(
    workspace: Path,
    projects: str,
    gap: float,
    deadline: float,
    lock: tuple[str, ...],
    exclude: tuple[str, ...],
    explain: bool,
    quick: bool,
    tolerance: float,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Place many projects at once, and say why some find no place."""
    context = context_of(workspace, lang, packs, as_of)
    wishes = Wishes(
        _pairs(lock), _pairs(exclude), gap, deadline, explain=explain, tolerance=tolerance,
        is_quick=quick,
    )  # fmt: skip
    demands, refused = demands_asked(context, projects)
    matched = match_all(context, demands, context.match_table(), terminal_progress())
    try:
        found = place_matched(context, matched, wishes)
    except WordedLocksError as error:
        if as_json:
            # The sentence names what clashes; whoever reads along gets it in parts.
            click.echo(json.dumps(error.result, ensure_ascii=False, allow_nan=False))
        raise
    answer = placement_answer(context, found, refused, wishes, projects, matched.results)
    show(answer, stand_of(context), as_json=as_json, out=out)


WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path))
NAME = click.argument("name")


@click.group("scenario", cls=Commands)
def scenario_commands() -> None:
    """Group the commands of scenarios."""


@scenario_commands.command("add")
@WORKSPACE
@NAME
@click.option("--plan-of")
@reading_options
@rule_options
def add(
    workspace: Path, name: str, plan_of: str | None, as_json: bool, out: Path | None, lang: str,
    packs: tuple[str, ...], as_of: str | None,
) -> None:  # fmt: skip
    """Make a scenario, empty or from the best plan of a unit."""
    context = context_of(workspace, lang, packs, as_of)
    edits: tuple[ScenarioEdit, ...] = ()
    if plan_of is not None:
        (found,) = solve(context, plan_of, None, 1)
        if not found.plans:
            raise PlanningError("scenario_no_plan", unit_id=plan_of)
        edits = found.plans[0].edits
    add_scenario(context, name, edits)
    show(scenario_answer(context), stand_of(context), as_json=as_json, out=out)


@scenario_commands.command("edit")
@WORKSPACE
@NAME
@click.option("--join", "joins", multiple=True)
@click.option("--exit", "exits", multiple=True)
@click.option("--edits", "edit_file", type=click.Path(path_type=Path))
@reading_options
def edit(
    workspace: Path, name: str, joins: tuple[str, ...], exits: tuple[str, ...],
    edit_file: Path | None, as_json: bool, out: Path | None, lang: str,
) -> None:  # fmt: skip
    """Add edits to a scenario."""
    context = context_of(workspace, lang)
    edits: list[ScenarioEdit] = [JoinPark(*_pair(one)) for one in joins]
    edits += [ExitPark(*_pair(one)) for one in exits]
    edits += read_edits(edit_file) if edit_file is not None else []
    edit_scenario(context, name, edits)
    show(scenario_answer(context), stand_of(context), as_json=as_json, out=out)


@scenario_commands.command("remove")
@WORKSPACE
@NAME
@click.option("--edit", "edit_number", type=click.IntRange(1, 100_000))
@reading_options
def remove(
    workspace: Path, name: str, edit_number: int | None, as_json: bool, out: Path | None, lang: str
) -> None:
    """Remove a scenario, or one of its edits."""
    context = context_of(workspace, lang)
    remove_scenario(context, name, edit_number)
    show(scenario_answer(context), stand_of(context), as_json=as_json, out=out)


@scenario_commands.command("list")
@WORKSPACE
@reading_options
def list_(workspace: Path, as_json: bool, out: Path | None, lang: str) -> None:
    """List the scenarios."""
    context = context_of(workspace, lang)
    show(scenario_answer(context), stand_of(context), as_json=as_json, out=out)


@scenario_commands.command("compare")
@WORKSPACE
@click.argument("names", nargs=-1)
@click.option("--year", type=int)
@reading_options
@rule_options
def compare(
    workspace: Path, names: tuple[str, ...], year: int | None, as_json: bool, out: Path | None,
    lang: str, packs: tuple[str, ...], as_of: str | None,
) -> None:  # fmt: skip
    """Compare scenarios with the base."""
    context = context_of(workspace, lang, packs, as_of)
    named = [scenario_named(context, name) for name in dict.fromkeys(names)]
    asked = named or [one for one in scenarios_of(context).values() if one.adopted_at is None]
    figures = context.year if year is None else year
    base, found = comparison(context, asked, figures, terminal_progress())
    answer = comparison_answer(context, base, found, figures)
    show(answer, stand_of(context), as_json=as_json, out=out)


@scenario_commands.command("adopt")
@WORKSPACE
@NAME
@reading_options
def adopt(workspace: Path, name: str, as_json: bool, out: Path | None, lang: str) -> None:
    """Write a scenario into the workspace."""
    written = adopt_scenario(context_of(workspace, lang), name)
    after = context_of(workspace, lang)
    show(scenario_answer(after, written), stand_of(after), as_json=as_json, out=out)


def _pair(text: str) -> tuple[str, str]:
    first, equals, second = text.partition("=")
    if not equals or not first.strip() or not second.strip():
        raise MuPlanError("scenario_pair_bad", pair=text)
    return first.strip(), second.strip()


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
