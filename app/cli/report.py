"""``muplan report``: a printable report."""

from pathlib import Path

import click

from app.answers.reports import report_of
from app.cli.output import context_of, printable, rule_options, terminal_progress, viewer_option
from app.cli.usage import Command
from layers.exchange.write import check_report_path, write_report


@click.command("report", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--kind", required=True)
@click.option("--project", "report_project")
@click.option("--period", "ledger_period")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@viewer_option
@rule_options
def report_command(
    workspace: Path,
    kind: str,
    report_project: str | None,
    ledger_period: str | None,
    out: Path,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Write a printable report."""
    context = context_of(workspace, lang, packs, as_of)
    check_report_path(out)
    report = report_of(context, kind, report_project, terminal_progress(), ledger_period)
    write_report(out, report)
    click.echo(printable(context.words.text("written", path=str(out))), err=True)
