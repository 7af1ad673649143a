"""All other commands."""

import sys
from pathlib import Path
from typing import cast, get_args

import click
import geopandas as gpd
from pyproj import CRS

from app.answers.answer import Stand, policy_stand, stand_of, write_answer
from app.answers.checks import (
    changed_answer,
    check_answer,
    other_context,
    share_answer,
    verdict_list,
)
from app.answers.imports import (
    check_report_path,
    import_answer,
    import_file,
    parse_actions,
    read_demand,
    read_what_if,
    refused_result,
)
from app.answers.indicators import indicator_answer
from app.answers.investment import InvestmentQuery, investment_map
from app.answers.land import block_answer
from app.answers.matching import demand_in_ledger, match_answer, run_match
from app.answers.project_ledger import LEDGER_TABLES, ledger_stand
from app.answers.reports import MAP_KIND, report_of
from app.answers.rules import rule_answer
from app.answers.topology import topology_answer
from app.answers.workspace import (
    data_dictionary,
    export_answer,
    field_answer,
    info_answer,
    made_answer,
)
from app.cli.ledger import project_group
from app.cli.planning import (
    chains_command,
    consolidate_command,
    evaluate_command,
    place_command,
    ranking_command,
    scenario_commands,
    targets_command,
)
from app.cli.usage import (
    Command,
    Commands,
    answer_options,
    context_of,
    printable,
    reading_options,
    rule_options,
    show,
    terminal_progress,
    viewer_option,
)
from app.context import DEFAULT_PACK, Context, load_scheme, load_settings, now, read_policy, today
from app.messages import Language, catalogue
from app.offline.kit import make_kit
from app.offline.pins import PLATFORMS, PYTHONS
from geo.crs import parse_crs
from geo.errors import MuPlanError
from geo.tools import Progress
from geo.topology import TopologyRule
from layers.demo.build import build_demo
from layers.exchange.importing import NothingAcceptedError
from layers.exchange.request import ImportRequest
from layers.exchange.writers.shapefile import ShapefileEncoding
from layers.exchange.writers.write import PAGE_ENDING, write_page, write_report
from layers.exchange.writers.write import check_report_path as check_report_path_report
from layers.workspace.geopackage import create_workspace
from platforms.checks import CheckQuery
from platforms.indicators.denominators import Basis
from platforms.indicators.per_mu import By
from platforms.land.find import contiguous_land
from platforms.land.search import LISTED_MU, BlockQuery
from platforms.policy.verdict import Outcome


def import_and_report(
    context: Context,
    request: ImportRequest,
    pairs: tuple[str, ...],
    report: Path | None,
    *,
    as_json: bool,
) -> None:
    """Import a file, write its report where asked, and show the answer.

    ``pairs``: ``CLASS=ACTION`` each: what is done with a class of fault.
    ``report``: File for the report, None for none. It is written, too, where no row could be
      stored.
    """
    actions = parse_actions(pairs)
    if report is not None:
        check_report_path(report)
    try:
        answer = import_file(
            context, request, actions, terminal_progress(), is_whole=report is not None
        )
    except NothingAcceptedError as error:
        if report is not None:
            refused = import_answer(context, request, refused_result(request, error), actions)
            write_answer(refused, stand_of(context), report)
        raise
    stand = stand_of(context)
    if report is not None:
        for note in write_answer(answer, stand, report):
            click.echo(printable(note), err=True)
        click.echo(printable(context.words.text("written", path=str(report))), err=True)
    show(answer, stand, as_json=as_json, out=None)


@click.command("fields", cls=Command)
@click.argument("layer", required=False)
@click.option("--markdown", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def fields_command(layer: str | None, markdown: Path | None, as_json: bool, lang: str) -> None:
    """List the columns of layers."""
    words = catalogue("en" if lang == "en" else "zh")
    if markdown is not None:
        markdown.write_text(data_dictionary(), encoding="utf-8", newline="\n")
        click.echo(printable(words.text("written", path=str(markdown))), err=True)
        return
    show(field_answer(layer, words), Stand(words, {}), as_json=as_json, out=None)


RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@click.command("offline-kit", cls=Command)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--platform", "kit_platforms", type=click.Choice(list(PLATFORMS)), multiple=True)
@click.option("--python", "kit_pythons", type=click.Choice(PYTHONS), multiple=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def offline_command(
    out: Path, kit_platforms: tuple[str, ...], kit_pythons: tuple[str, ...], lang: str
) -> None:
    """Make a folder to install and start from without internet."""
    words = catalogue(cast(Language, lang))
    kit = make_kit(
        out,
        kit_platforms or tuple(PLATFORMS),
        kit_pythons or (RUNNING,),
        now(),
        words.text,
        lambda line: click.echo(printable(line), err=True),
    )
    said = words.text("offline_made", path=str(out), wheels=kit.wheels, megabytes=kit.bytes / 1e6)
    click.echo(printable(said))


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
    check_report_path_report(out)
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
    check_report_path_report(out, PAGE_ENDING)
    made = investment_map(context, query, progress=progress)
    write_page(out, made.html)
    for line in (*made.said(context), context.words.text("written", path=str(out))):
        click.echo(printable(line), err=True)


@click.command("topology", cls=Command)
@click.argument("workspace", type=click.Path(path_type=Path))
@click.option("--layer", "checked_layer", default="land_parcels")
@click.option("--min-overlap-m2", type=float, default=TopologyRule.min_overlap_m2)
@click.option("--max-gap-m", type=float, default=TopologyRule.max_gap_m)
@click.option("--max-gap-m2", type=float, default=TopologyRule.max_gap_m2)
@click.option("--min-width-m", type=float, default=TopologyRule.min_width_m)
@click.option("--min-compactness", type=float, default=TopologyRule.min_compactness)
@reading_options
def topology_command(
    workspace: Path,
    checked_layer: str,
    min_overlap_m2: float,
    max_gap_m: float,
    max_gap_m2: float,
    min_width_m: float,
    min_compactness: float,
    as_json: bool,
    out: Path | None,
    lang: str,
) -> None:
    """List duplicates, overlaps, gaps and slivers."""
    rule = TopologyRule(min_overlap_m2, max_gap_m, max_gap_m2, min_width_m, min_compactness)
    context = context_of(workspace, lang)
    answer = topology_answer(context, checked_layer, rule, terminal_progress())
    show(answer, stand_of(context), as_json=as_json, out=out)


WORKSPACE = click.argument("workspace", type=click.Path(path_type=Path))


@click.group(cls=Commands, context_settings={"help_option_names": ["--help"]})
def muplan() -> None:
    """Find land for projects, match platforms, check rules."""


@muplan.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0)
@click.option("--size", type=click.Choice(["small", "city"]), default="small")
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def demo(out: Path, seed: int, size: str, as_json: bool, lang: str) -> None:
    """Make the demonstration workspace."""
    recipe = load_settings().data_dir / "demo" / "jiaxing.yaml"
    words = catalogue("en" if lang == "en" else "zh")

    def progress(fraction: float, step: str) -> None:
        click.echo(f"{fraction:4.0%} {words.text(step)}", err=True)

    build_demo(
        out, recipe, size="city" if size == "city" else "small", seed=seed, created_at=now(),
        progress=progress,
    )  # fmt: skip
    context = context_of(out, lang)
    show(made_answer(context), stand_of(context), as_json=as_json, out=None)


@muplan.command()
@WORKSPACE
@click.option("--crs", default="EPSG:4549")
@click.option("--title", default=None)
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def new(workspace: Path, crs: str, title: str | None, as_json: bool, lang: str) -> None:
    """Make an empty workspace."""
    system: CRS = parse_crs(crs)
    create_workspace(workspace, system, title=title or workspace.stem, created_at=now())
    context = context_of(workspace, lang)
    show(made_answer(context), stand_of(context), as_json=as_json, out=None)


@muplan.command()
@WORKSPACE
@reading_options
def info(workspace: Path, as_json: bool, out: Path | None, lang: str) -> None:
    """List layers, rows, CRS, dates and sources."""
    context = context_of(workspace, lang)
    show(info_answer(context), stand_of(context), as_json=as_json, out=out)


@muplan.command("import")
@WORKSPACE
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", required=True)
@click.option("--mode", type=click.Choice(["add", "replace", "update"]), default="add")
@click.option("--map", "pairs", multiple=True)
@click.option("--crs")
@click.option("--axis")
@click.option("--datum")
@click.option("--shift")
@click.option("--encoding")
@click.option("--declared-unit")
@click.option("--source-layer")
@click.option("--key", "join_by")
@click.option("--dry-run", is_flag=True)
@click.option("--on", "actions", multiple=True)
@click.option("--report", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
def import_(
    workspace: Path,
    file: Path,
    layer: str,
    mode: str,
    pairs: tuple[str, ...],
    crs: str | None,
    axis: str | None,
    datum: str | None,
    shift: str | None,
    encoding: str | None,
    declared_unit: str | None,
    source_layer: str | None,
    join_by: str | None,
    dry_run: bool,
    actions: tuple[str, ...],
    report: Path | None,
    as_json: bool,
    lang: str,
) -> None:
    """Import a file and report on every row."""
    context = context_of(workspace, lang)
    request = ImportRequest(
        path=file, layer=layer, mode="add" if mode == "add" else "replace"
        if mode == "replace" else "update",
        mapping=_mapping(pairs), crs=crs, encoding=encoding, declared_unit=declared_unit,
        source_layer=source_layer, dry_run=dry_run, axis=axis, datum=datum, shift=shift,
        join_by=join_by,
    )  # fmt: skip
    import_and_report(context, request, actions, report, as_json=as_json)


@muplan.command()
@WORKSPACE
@click.option("--min-mu", type=float, default=LISTED_MU)
@click.option("--gap-m", type=float, default=2.0)
@click.option("--min-edge-m", type=float, default=5.0)
@click.option("--bridge-width-m", type=float, default=6.0)
@click.option("--min-neck-m", type=float, default=0.0)
@click.option("--state", "states", multiple=True)
@click.option("--net", is_flag=True)
@click.option("--unit", "unit_id")
@click.option("--curve", "with_curve", is_flag=True)
@reading_options
@rule_options
def blocks(
    workspace: Path,
    min_mu: float,
    gap_m: float,
    min_edge_m: float,
    bridge_width_m: float,
    min_neck_m: float,
    states: tuple[str, ...],
    net: bool,
    unit_id: str | None,
    with_curve: bool,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """List contiguous land."""
    context = context_of(workspace, lang, packs, as_of)
    query = BlockQuery(
        min_mu, gap_m, min_edge_m, bridge_width_m, min_neck_m, states, net, unit_id=unit_id
    )
    found = contiguous_land(
        context.source,
        context.workspace,
        query,
        context.as_of,
        with_curve=with_curve,
        progress=terminal_progress(),
    )
    show(
        block_answer(context, query, found),
        stand_of(context),
        as_json=as_json,
        out=out,
    )


for command in (
    fields_command,
    topology_command,
    report_command,
    chains_command,
    consolidate_command,
    scenario_commands,
    place_command,
    targets_command,
    ranking_command,
    evaluate_command,
    project_group,
    offline_command,
):
    muplan.add_command(command)


@muplan.command()
@WORKSPACE
@click.option("--project", required=True)
@click.option("--top", type=click.IntRange(1, 1000), default=10)
@reading_options
@rule_options
def match(
    workspace: Path,
    project: str,
    top: int,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Find platforms and sites for one project."""
    context = context_of(workspace, lang, packs, as_of)
    is_file = Path(project).suffix.lower() in (".json", ".yaml", ".yml")
    demand = read_demand(Path(project)) if is_file else demand_in_ledger(context, project)
    table = context.match_table()
    result = run_match(context, demand, table)
    show(match_answer(context, result, table, top), stand_of(context), as_json=as_json, out=out)


@muplan.command()
@WORKSPACE
@click.option("--year", type=int)
@click.option("--rule", "rules", multiple=True)
@click.option("--unit", "units", multiple=True)
@click.option("--against")
@click.option("--fail-on", type=click.Choice(get_args(Outcome)))
@reading_options
@rule_options
def check(
    workspace: Path,
    year: int | None,
    rules: tuple[str, ...],
    units: tuple[str, ...],
    against: str | None,
    fail_on: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> int:
    """Check the rules."""
    context = context_of(workspace, lang, packs, as_of)
    query = CheckQuery(year, rules, units, context.as_of)
    other = other_context(context, against, packs or (DEFAULT_PACK,)) if against else None
    found = verdict_list(context, query)
    if other is None:
        answer = check_answer(context, query, found)
    else:
        answer = changed_answer(context, other, query, found)
    show(answer, stand_of(context), as_json=as_json, out=out)
    return 1 if any(verdict.outcome == fail_on for verdict in found) else 0


@muplan.command()
@WORKSPACE
@click.option("--year", type=int, required=True)
@click.option("--what-if", type=click.Path(path_type=Path))
@reading_options
@rule_options
def shares(
    workspace: Path,
    year: int,
    what_if: Path | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Compute the shares of elements going to zones."""
    context = context_of(workspace, lang, packs, as_of)
    further: gpd.GeoDataFrame | None = None
    if what_if is not None:
        further = read_what_if(context, what_if)
    show(share_answer(context, year, further), stand_of(context), as_json=as_json, out=out)


@muplan.command()
@WORKSPACE
@click.option("--by", type=click.Choice(get_args(By)), required=True)
@click.option("--period", required=True)
@click.option("--basis", type=click.Choice(get_args(Basis)))
@click.option("--scheme")
@reading_options
@rule_options
def indicators(
    workspace: Path,
    by: By,
    period: str,
    basis: Basis | None,
    scheme: str | None,
    as_json: bool,
    out: Path | None,
    lang: str,
    packs: tuple[str, ...],
    as_of: str | None,
) -> None:
    """Compute output and tax per 亩, under any denominator; grade enterprises."""
    context = context_of(workspace, lang, packs, as_of)
    chosen = None if scheme is None else load_scheme(context.settings, scheme)
    answer = indicator_answer(context, by, period, basis, chosen)
    show(answer, stand_of(context), as_json=as_json, out=out)


@muplan.command()
@answer_options
@rule_options
def rules(
    as_json: bool, out: Path | None, lang: str, packs: tuple[str, ...], as_of: str | None
) -> None:
    """List thresholds with clauses."""
    words = catalogue("en" if lang == "en" else "zh")
    policy = read_policy(
        load_settings().policy_dir, packs or (DEFAULT_PACK,), today() if as_of is None else as_of
    )
    show(rule_answer(policy, words), policy_stand(policy, words), as_json=as_json, out=out)


@muplan.command()
@WORKSPACE
@click.argument("layer")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--encoding", type=click.Choice(["UTF-8", "GBK"]), default="UTF-8")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh")
@viewer_option
def export(workspace: Path, layer: str, out: Path, encoding: ShapefileEncoding, lang: str) -> None:
    """Export a layer or table."""
    context = context_of(workspace, lang)
    stand = ledger_stand(context) if layer in LEDGER_TABLES else stand_of(context)
    show(export_answer(context, layer), stand, as_json=False, out=out, encoding=encoding)


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        source, equals, target = pair.partition("=")
        if not equals or not source.strip() or not target.strip():
            raise MuPlanError("map_pair_bad", pair=pair)
        if source.strip() in mapping:
            raise MuPlanError("map_pair_twice", column=source.strip())
        mapping[source.strip()] = target.strip()
    return mapping
