"""The commands on scenarios."""

from pathlib import Path

import click

from app.answers.answer import stand_of
from app.answers.consolidation import solve
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
from app.cli.output import context_of, reading_options, rule_options, show, terminal_progress
from app.cli.usage import Commands
from geo.errors import MuPlanError
from platforms.errors import PlanningError
from platforms.scenario.edits import ExitPark, JoinPark, ScenarioEdit

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
