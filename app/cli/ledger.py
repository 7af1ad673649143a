"""Commands of the project ledger: ``muplan project …``."""

from typing import TYPE_CHECKING

import click

from app.cli.reading import VIEWER, Function, reads, writes
from layers.codes import CATEGORIES, EVENT_KINDS, EXIT_REASONS

if TYPE_CHECKING:
    from app.answers.answer import Answer
    from app.context import Context

PERIOD = click.option("--period", "ledger_period", required=True)
PROJECT = click.option("--project", "ledger_project", required=True)
UNIT = click.option("--unit", "warned_unit")


def entry_options(function: Function) -> Function:
    """Give a command that makes an entry the options that all of them have."""
    for option in (
        click.option("--detail", "event_detail"),
        click.option("--actor", "event_actor"),
        click.option("--unit", "event_unit", required=True),
        click.option("--on", "event_on", required=True),
        PROJECT,
        VIEWER,
    ):
        function = option(function)
    return function


@writes("add", packs=True, ledger=True)
@click.option("--name", "project_name", required=True)
@click.option("--investor")
@click.option("--credit-code")
@click.option("--parent-credit-code")
@click.option("--category", type=click.Choice(list(CATEGORIES)))
@click.option("--industry-code")
@click.option("--product")
@click.option("--investment-yi-yuan", type=float)
@click.option("--investment-yi-usd", type=float)
@click.option("--investment-stated")
@click.option("--land-mu", "land_ideal_mu", type=float)
@click.option("--code", "project_code")
@click.option("--phase-of")
@entry_options
def add(
    context: "Context",
    project_name: str,
    investor: str | None,
    ledger_project: str,
    event_on: str,
    event_unit: str,
    event_actor: str | None,
    event_detail: str | None,
    **columns: str | float | None,
) -> "Answer":
    """Enter a project with its first report."""
    from app.answers.project_ledger import add_project

    entry = {
        "project_id": ledger_project, "name": project_name, "unit_id": event_unit,
        "investor_name": investor, **columns,
    }  # fmt: skip
    event = {
        "project_id": ledger_project, "event_kind": "first_report", "event_on": event_on,
        "unit_id": event_unit, "actor": event_actor, "detail": event_detail,
    }  # fmt: skip
    return add_project(context, entry, event)


@writes("event", packs=True, ledger=True)
@click.option("--kind", "event_kind", type=click.Choice(list(EVENT_KINDS)), required=True)
@click.option("--exit-reason", type=click.Choice(list(EXIT_REASONS)))
@click.option("--node", "planned_kind", type=click.Choice(list(EVENT_KINDS)))
@click.option("--planned-on")
@click.option("--corrects")
@click.option("--corrected-on")
@entry_options
def event(
    context: "Context",
    ledger_project: str,
    event_unit: str,
    event_actor: str | None,
    event_detail: str | None,
    **columns: str | None,
) -> "Answer":
    """Enter an event."""
    from app.answers.project_ledger import add_event

    return add_event(
        context,
        {
            "project_id": ledger_project, "unit_id": event_unit, "actor": event_actor,
            "detail": event_detail, **columns,
        },
    )  # fmt: skip


@reads("list", ledger=True)
def list_projects(context: "Context") -> "Answer":
    """List the projects."""
    from app.answers.workspace import project_answer

    return project_answer(context)


@reads("show", rules=True, ledger=True)
@PROJECT
def show_project(context: "Context", ledger_project: str) -> "Answer":
    """Show one project on one page."""
    from app.answers.project_page import project_page, project_page_answer

    return project_page_answer(context, project_page(context, ledger_project))


@reads("conflicts", rules=True, ledger=True)
@click.option("--project", "one_project")
def conflicts(context: "Context", one_project: str | None) -> "Answer":
    """List pairs of projects that may be one."""
    from app.answers.project_ledger import conflict_answer

    return conflict_answer(context, one_project)


@reads("problems", rules=True, ledger=True)
@UNIT
def problems(context: "Context", warned_unit: str | None) -> "Answer":
    """List the problems and where each stands."""
    from app.answers.project_ledger import problem_answer

    return problem_answer(context, warned_unit)


@reads("transfer", rules=True, ledger=True)
@PROJECT
def transfer(context: "Context", ledger_project: str) -> "Answer":
    """Propose platforms of other units for a project."""
    from app.answers.matching import demand_in_ledger, run_match
    from app.answers.project_ledger import transfer_answer

    demand = demand_in_ledger(context, ledger_project)
    return transfer_answer(context, run_match(context, demand, context.match_table()))


@reads("warnings", rules=True, ledger=True)
@UNIT
def warnings(context: "Context", warned_unit: str | None) -> "Answer":
    """List what is late or missing."""
    from app.answers.project_ledger import warning_answer

    return warning_answer(context, warned_unit)


@reads("ranking", rules=True, ledger=True)
@PERIOD
def ranking(context: "Context", ledger_period: str) -> "Answer":
    """Rank the units by their major projects."""
    from app.answers.ledger_statistics import ledger_ranking_answer

    return ledger_ranking_answer(context, ledger_period)


@reads("dashboard", rules=True, ledger=True)
@PERIOD
@click.option("--unit", "dashboard_unit")
def dashboard(context: "Context", ledger_period: str, dashboard_unit: str | None) -> "Answer":
    """Give tasks and progress of the units in a period."""
    from app.answers.ledger_statistics import dashboard_answer

    return dashboard_answer(context, ledger_period, dashboard_unit)


@reads("verify", ledger=True)
@click.option("--head")
def verify(context: "Context", head: str | None) -> "tuple[Answer, int]":
    """Verify the chain of the ledger."""
    from app.answers.project_ledger import chain_answer, holds

    return chain_answer(context, head), 0 if holds(context, head) else 1
