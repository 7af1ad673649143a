"""Project ...."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.answers.ledger_statistics import dashboard_answer, ledger_ranking_answer
from app.answers.matching import demand_in_ledger, run_match
from app.answers.project_ledger import (
    add_event,
    add_project,
    chain_answer,
    conflict_answer,
    holds,
    ledger_stand,
    problem_answer,
    transfer_answer,
    warning_answer,
)
from app.answers.project_page import project_page, project_page_answer
from app.answers.workspace import project_answer
from app.cli.usage import (
    Command,
    Commands,
    context_of,
    reading_options,
    rule_options,
    show,
    viewer_option,
)
from layers.codes import CATEGORIES, EVENT_KINDS, EXIT_REASONS


@click.command("dashboard", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--period", "ledger_period", required=True)
@click.option("--unit", "dashboard_unit")
@reading_options
@rule_options
def dashboard_command(
    workspace: Path,
    ledger_period: str,
    dashboard_unit: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Give tasks and progress of the units in a period."""
    context = context_of(workspace, lang, packs, as_of)
    answer = dashboard_answer(context, ledger_period, dashboard_unit)
    show(answer, ledger_stand(context), as_json=as_json, out=out)


WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path))

WRITING = (
    click.option("--project", "ledger_project", required=True),
    click.option("--on", "event_on", required=True),
    click.option("--unit", "event_unit", required=True),
    click.option("--actor", "event_actor"),
    click.option("--detail", "event_detail"),
    click.option("--pack", "packs", multiple=True),
    click.option("--json", "as_json", is_flag=True),
    click.option("--lang", type=click.Choice(["zh", "en"]), default="zh"),
)


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that makes an entry the options that all of them have."""
    for option in reversed(WRITING):
        command = option(command)
    return viewer_option(command)


@click.command("verify", cls=Command)
@WORKSPACE
@click.option("--head", required=True)
@reading_options
def verify_command(workspace: Path, head: str, as_json: bool, out: Path | None, lang: str) -> int:
    """Verify the chain of the ledger."""
    context = context_of(workspace, lang)
    show(chain_answer(context, head), ledger_stand(context), as_json=as_json, out=out)
    return 0 if holds(context, head) else 1


@click.command("event", cls=Command)
@WORKSPACE
@click.option("--kind", "event_kind", type=click.Choice(list(EVENT_KINDS)), required=True)
@click.option("--exit-reason", type=click.Choice(list(EXIT_REASONS)))
@click.option("--node", "planned_kind", type=click.Choice(list(EVENT_KINDS)))
@click.option("--planned-on")
@click.option("--corrects")
@click.option("--corrected-on")
@writing_options
def event_command(
    workspace: Path,
    event_kind: str,
    exit_reason: str | None,
    planned_kind: str | None,
    planned_on: str | None,
    corrects: str | None,
    corrected_on: str | None,
    ledger_project: str,
    event_on: str,
    event_unit: str,
    event_actor: str | None,
    event_detail: str | None,
    packs: tuple[str, ...],
    as_json: bool,
    lang: str,
) -> None:
    """Enter an event."""
    context = context_of(workspace, lang, packs)
    event = {
        "project_id": ledger_project, "event_kind": event_kind, "event_on": event_on,
        "unit_id": event_unit, "actor": event_actor, "detail": event_detail,
        "exit_reason": exit_reason, "planned_kind": planned_kind, "planned_on": planned_on,
        "corrects": corrects, "corrected_on": corrected_on,
    }  # fmt: skip
    answer = add_event(context, event)
    show(answer, ledger_stand(context.renewed()), as_json=as_json, out=None)


@click.command("add", cls=Command)
@WORKSPACE
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
@writing_options
def add_command(
    workspace: Path,
    project_name: str,
    investor: str | None,
    ledger_project: str,
    event_on: str,
    event_unit: str,
    event_actor: str | None,
    event_detail: str | None,
    packs: tuple[str, ...],
    as_json: bool,
    lang: str,
    **stated: str | float | None,
) -> None:
    """Enter a project with its first report."""
    context = context_of(workspace, lang, packs)
    project = {
        "project_id": ledger_project, "name": project_name, "unit_id": event_unit,
        "investor_name": investor, **stated,
    }  # fmt: skip
    event = {
        "project_id": ledger_project, "event_kind": "first_report", "event_on": event_on,
        "unit_id": event_unit, "actor": event_actor, "detail": event_detail,
    }  # fmt: skip
    answer = add_project(context, project, event)
    show(answer, ledger_stand(context.renewed()), as_json=as_json, out=None)


@click.command("conflicts", cls=Command)
@WORKSPACE
@click.option("--project", "one_project")
@reading_options
@rule_options
def conflicts_command(
    workspace: Path,
    one_project: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """List pairs of projects that may be one."""
    context = context_of(workspace, lang, packs, as_of)
    answer = conflict_answer(context, one_project)
    show(answer, ledger_stand(context), as_json=as_json, out=out)


@click.command("warnings", cls=Command)
@WORKSPACE
@click.option("--unit", "warned_unit")
@reading_options
@rule_options
def warnings_command(
    workspace: Path,
    warned_unit: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """List what is late or missing."""
    context = context_of(workspace, lang, packs, as_of)
    answer = warning_answer(context, warned_unit)
    show(answer, ledger_stand(context), as_json=as_json, out=out)


@click.command("ranking", cls=Command)
@WORKSPACE
@click.option("--period", "ledger_period", required=True)
@reading_options
@rule_options
def project_ranking_command(
    workspace: Path,
    ledger_period: str,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Rank the units by their major projects."""
    context = context_of(workspace, lang, packs, as_of)
    answer = ledger_ranking_answer(context, ledger_period)
    show(answer, ledger_stand(context), as_json=as_json, out=out)


@click.command("show", cls=Command)
@WORKSPACE
@click.option("--project", "ledger_project", required=True)
@reading_options
@rule_options
def project_show_command(
    workspace: Path,
    ledger_project: str,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Show one project on one page."""
    context = context_of(workspace, lang, packs, as_of)
    answer = project_page_answer(context, project_page(context, ledger_project))
    show(answer, ledger_stand(context), as_json=as_json, out=out)


@click.command("problems", cls=Command)
@WORKSPACE
@click.option("--unit", "warned_unit")
@reading_options
@rule_options
def problems_command(
    workspace: Path,
    warned_unit: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """List the problems and where each stands."""
    context = context_of(workspace, lang, packs, as_of)
    show(problem_answer(context, warned_unit), ledger_stand(context), as_json=as_json, out=out)


@click.command("transfer", cls=Command)
@WORKSPACE
@click.option("--project", "ledger_project", required=True)
@reading_options
@rule_options
def transfer_command(
    workspace: Path,
    ledger_project: str,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Propose platforms of other units for a project."""
    context = context_of(workspace, lang, packs, as_of)
    demand = demand_in_ledger(context, ledger_project)
    answer = transfer_answer(context, run_match(context, demand, context.match_table()))
    show(answer, ledger_stand(context), as_json=as_json, out=out)


@click.command("list", cls=Command)
@WORKSPACE
@reading_options
def list_command(workspace: Path, as_json: bool, out: Path | None, lang: str) -> None:
    """List the projects."""
    context = context_of(workspace, lang)
    show(project_answer(context), ledger_stand(context), as_json=as_json, out=out)


@click.group("project", cls=Commands)
def project_group() -> None:
    """Group the commands of the project ledger."""


for command in (
    add_command, event_command, list_command, project_show_command, conflicts_command,
    problems_command, transfer_command, warnings_command, project_ranking_command,
    dashboard_command, verify_command,
):  # fmt: skip
    project_group.add_command(command)
