"""Commands that search and plan: blocks, match, place, chains, consolidate, scenario."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.reading import reads
from app.cli.screen import terminal_progress
from geo.errors import MuPlanError

if TYPE_CHECKING:
    from app.answers.answer import Answer
    from app.context import Context
    from platforms.consolidation_plan.plan import PlansFound
    from platforms.scenario.edits import ScenarioEdit

NAME = click.argument("name")
SHARE = click.FloatRange(0, 1)


@reads("blocks", rules=True)
@click.option("--min-mu", type=float)
@click.option("--gap-m", type=float, default=2.0)
@click.option("--min-edge-m", type=float, default=5.0)
@click.option("--bridge-width-m", type=float, default=6.0)
@click.option("--min-neck-m", type=float, default=0.0)
@click.option("--state", "states", multiple=True)
@click.option("--net", is_flag=True)
@click.option("--unit", "unit_id")
@click.option("--curve", "with_curve", is_flag=True)
def blocks(
    context: "Context", min_mu: float | None, with_curve: bool, **conditions: object
) -> "Answer":
    """List contiguous land."""
    from app.answers.land import block_answer, find_land
    from platforms.land.search import LISTED_MU, BlockQuery

    query = BlockQuery(LISTED_MU if min_mu is None else min_mu, **conditions)
    land = find_land(context, query, with_curve=with_curve, progress=terminal_progress())
    return block_answer(context, query, land)


@reads("match", rules=True)
@click.option("--project", required=True)
@click.option("--top", type=click.IntRange(1, 1000), default=10)
def match(context: "Context", project: str, top: int) -> "Answer":
    """Find platforms and sites for one project."""
    from app.answers.imports import read_demand
    from app.answers.matching import demand_in_ledger, match_answer, run_match

    is_file = Path(project).suffix.lower() in (".json", ".yaml", ".yml")
    demand = read_demand(Path(project)) if is_file else demand_in_ledger(context, project)
    table = context.match_table()
    return match_answer(context, run_match(context, demand, table), table, top)


@reads("chains", rules=True)
@click.option("--year", type=int)
def chains(context: "Context", year: int | None) -> "Answer":
    """Show which links of the city's chains of industry are there and which are missing."""
    from app.answers.chains import chain_answer, run_chains

    return chain_answer(context, run_chains(context, year))


@reads("consolidate", rules=True)
@click.option("--unit", "plan_unit")
@click.option("--year", type=int)
@click.option("--solve", "with_plan", is_flag=True)
@click.option("--keep", "keep_name")
@click.option("--alternatives", type=click.IntRange(1, 20), default=3)
def consolidate(
    context: "Context",
    plan_unit: str | None,
    year: int | None,
    with_plan: bool,
    keep_name: str | None,
    alternatives: int,
) -> "Answer":
    """Say where units stand, and the fewest changes that meet the rules."""
    from app.answers.consolidation import consolidation_answer, solve, state_verdicts

    if keep_name is not None and (not with_plan or plan_unit is None):
        raise MuPlanError("scenario_keep_needs_one")
    verdicts = state_verdicts(context, plan_unit, year)
    plans = None
    if with_plan:
        plans = solve(context, plan_unit, year, alternatives, terminal_progress())
    if keep_name is not None and plans is not None:
        from app.answers.scenarios import add_scenario

        add_scenario(context, keep_name, _best_edits(plans[0], plan_unit))
    return consolidation_answer(context, plan_unit, year, verdicts, plans)


def _best_edits(solution: "PlansFound", unit_id: str | None) -> "tuple[ScenarioEdit, ...]":
    """Return the edits of the best plan of a unit (``scenario_no_plan``)."""
    from platforms.errors import PlanningError

    if not solution.plans:
        raise PlanningError("scenario_no_plan", unit_id=unit_id)
    return solution.plans[0].edits


@reads("place", rules=True)
@click.option("--projects", required=True)
@click.option("--gap", type=SHARE, default=0.005)
@click.option("--deadline", type=click.FloatRange(1, 86_400), default=60.0)
@click.option("--lock", multiple=True)
@click.option("--exclude", multiple=True)
@click.option("--explain/--no-explain", default=True)
@click.option("--quick", is_flag=True)
@click.option("--tolerance", type=SHARE, default=0.01)
def place(
    context: "Context",
    projects: str,
    gap: float,
    deadline: float,
    lock: tuple[str, ...],
    exclude: tuple[str, ...],
    explain: bool,
    quick: bool,
    tolerance: float,
) -> "Answer":
    """Place many projects at once, and say why some find no place."""
    from app.answers import placement
    from app.answers.matching import Matching
    from platforms.placement.place import Wishes

    wishes = Wishes(
        _project_sites(lock), _project_sites(exclude), gap, deadline, explain=explain,
        tolerance=tolerance, is_quick=quick,
    )  # fmt: skip
    demands, refused = placement.demands_asked(context, projects)
    progress = terminal_progress()
    matching = Matching(context, demands)
    matched = matching.quick(progress) if quick else matching.whole(progress)
    try:
        placed = placement.place_matched(context, matched, wishes)
    except placement.WordedLocksError as error:
        if click.get_current_context().params["as_json"]:
            # The sentence names what clashes; whoever reads along gets it in parts.
            click.echo(json.dumps(error.result, ensure_ascii=False, allow_nan=False))
        raise
    return placement.placement_answer(context, placed, refused, wishes, projects, matched.results)


def _project_sites(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pairs = []
    for text in texts:
        project_id, mark, site_id = text.partition("=")
        if not (project_id and mark and site_id):
            raise MuPlanError("placement_pair_malformed", pair=text)
        pairs.append((project_id, site_id))
    return tuple(pairs)


@reads("add", rules=True)
@NAME
@click.option("--plan-of")
def scenario_add(context: "Context", name: str, plan_of: str | None) -> "Answer":
    """Make a scenario, empty or from the best plan of a unit."""
    from app.answers.scenarios import add_scenario, scenario_answer

    edits: tuple[ScenarioEdit, ...] = ()
    if plan_of is not None:
        from app.answers.consolidation import solve

        edits = _best_edits(*solve(context, plan_of, None, 1), plan_of)
    add_scenario(context, name, edits)
    return scenario_answer(context)


@reads("edit")
@NAME
@click.option("--join", "joins", multiple=True)
@click.option("--exit", "exits", multiple=True)
@click.option("--edits", "edit_file", type=click.Path(path_type=Path))
def scenario_edit(
    context: "Context",
    name: str,
    joins: tuple[str, ...],
    exits: tuple[str, ...],
    edit_file: Path | None,
) -> "Answer":
    """Add edits to a scenario."""
    from app.answers.scenarios import edit_scenario, read_edits, scenario_answer
    from platforms.scenario.edits import ExitPark, JoinPark

    edits: list[ScenarioEdit] = [JoinPark(*_park_pair(pair)) for pair in joins]
    edits += [ExitPark(*_park_pair(pair)) for pair in exits]
    edits += read_edits(edit_file) if edit_file is not None else []
    edit_scenario(context, name, edits)
    return scenario_answer(context)


def _park_pair(text: str) -> tuple[str, str]:
    first, equals, second = text.partition("=")
    if not equals or not first.strip() or not second.strip():
        raise MuPlanError("scenario_pair_bad", pair=text)
    return first.strip(), second.strip()


@reads("remove")
@NAME
@click.option("--edit", "edit_number", type=click.IntRange(1, 100_000))
def scenario_remove(context: "Context", name: str, edit_number: int | None) -> "Answer":
    """Remove a scenario, or one of its edits."""
    from app.answers.scenarios import remove_scenario, scenario_answer

    remove_scenario(context, name, edit_number)
    return scenario_answer(context)


@reads("list")
def scenario_list(context: "Context") -> "Answer":
    """List the scenarios."""
    from app.answers.scenarios import scenario_answer

    return scenario_answer(context)


@reads("compare", rules=True)
@click.argument("names", nargs=-1)
@click.option("--year", type=int)
def scenario_compare(context: "Context", names: tuple[str, ...], year: int | None) -> "Answer":
    """Compare scenarios with the base."""
    from app.answers.scenario_comparison import comparison, comparison_answer
    from app.answers.scenarios import scenario_named, scenarios_of

    compared = [scenario_named(context, name) for name in dict.fromkeys(names)]
    if not compared:
        compared = [one for one in scenarios_of(context).values() if one.adopted_at is None]
    figures = context.year if year is None else year
    base, rest = comparison(context, compared, figures, terminal_progress())
    return comparison_answer(context, base, rest, figures)


@reads("adopt")
@NAME
def scenario_adopt(context: "Context", name: str) -> "Answer":
    """Write a scenario into the workspace."""
    from app.answers.scenarios import adopt_scenario, scenario_answer

    written = adopt_scenario(context, name)
    return scenario_answer(context.renewed(), written)
