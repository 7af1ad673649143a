"""The command on the consolidation of platforms and parks."""

from pathlib import Path

import click

from app.answers.answer import stand_of
from app.answers.consolidation import consolidation_answer, solve, state_verdicts
from app.answers.scenarios import add_scenario
from app.cli.output import context_of, reading_options, rule_options, show, terminal_progress
from app.cli.usage import Command
from geo.errors import MuPlanError
from platforms.errors import PlanningError


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
