"""``muplan project dashboard``: tasks and progress of the units in the form of the annex."""

from pathlib import Path

import click

from app.answers.ledger_chain import ledger_stand
from app.answers.ledger_dashboard import dashboard_answer
from app.cli.output import context_of, reading_options, rule_options, show
from app.cli.usage import Command


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
