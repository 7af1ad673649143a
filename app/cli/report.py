"""``muplan report``: a printable report, or the map for investors."""

from pathlib import Path

import click

from app.answers.investment import InvestmentQuery, investment_map
from app.answers.reports import MAP_KIND, report_of
from app.cli.output import context_of, printable, rule_options, terminal_progress, viewer_option
from app.cli.usage import Command
from app.context import Context
from geo.errors import MuPlanError
from geo.progress import Progress
from layers.exchange.write import PAGE_ENDING, check_report_path, write_page, write_report

MAP_OPTIONS = {
    "map_platforms": "--platform", "block_min_mu": "--block-min-mu", "map_fields": "--field",
    "map_title": "--title", "map_contact": "--contact", "map_source": "--source",
    "map_review": "--review",
}  # fmt: skip
"""Options that only the map for investors has."""


@click.command("report", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--kind", required=True)
@click.option("--project", "report_project")
@click.option("--period", "ledger_period")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@viewer_option
@click.option("--platform", "map_platforms", multiple=True)
@click.option("--block-min-mu", type=float)
@click.option("--field", "map_fields", multiple=True)
@click.option("--title", "map_title")
@click.option("--contact", "map_contact")
@click.option("--source", "map_source")
@click.option("--review", "map_review")
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
    **for_map: object,
) -> None:
    """Write a printable report, or the map for investors."""
    context = context_of(workspace, lang, packs, as_of)
    if kind == MAP_KIND:
        if report_project is not None:
            raise MuPlanError("report_project_unused", kind=kind)
        _write_map(context, for_map, out, terminal_progress())
        return
    for name, option in MAP_OPTIONS.items():
        if for_map[name]:
            raise MuPlanError("report_option_unused", option=option)
    check_report_path(out)
    report = report_of(context, kind, report_project, terminal_progress(), ledger_period)
    write_report(out, report)
    click.echo(printable(context.words.text("written", path=str(out))), err=True)


def _write_map(
    context: Context, options: dict[str, object], out: Path, progress: Progress | None
) -> None:
    query = InvestmentQuery(
        platforms=tuple(options["map_platforms"]),
        fields=tuple(options["map_fields"]),
        min_mu=options["block_min_mu"],
        title=options["map_title"] or "",
        contact=options["map_contact"] or "",
        source=options["map_source"] or "",
        review=options["map_review"] or "",
    )
    check_report_path(out, PAGE_ENDING)
    made = investment_map(context, query, progress=progress)
    write_page(out, made.html)
    for line in (*made.said(context), context.words.text("written", path=str(out))):
        click.echo(printable(line), err=True)
