"""Commands on files and workspaces: made, read, written, checked, reported, undone."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.reading import (
    AS_OF,
    JSON,
    LANG,
    PACK,
    VIEWER,
    WORKSPACE,
    command,
    makes,
    open_workspace,
    reads,
    stand_on,
    writes,
)
from app.cli.screen import show, tell, terminal_progress, write
from app.cli.usage import Refusal, printable
from app.messages import Catalogue, Language, catalogue
from app.offline.pins import PLATFORMS, PYTHONS
from geo.errors import MuPlanError

if TYPE_CHECKING:
    from app.answers.answer import Answer
    from app.context import Context
    from layers.exchange.request import ImportRequest
    from layers.exchange.writers.shapefile import ShapefileEncoding

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@makes("demo")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0)
@click.option("--size", type=click.Choice(["small", "city"]), default="small")
@click.option("--gaps", is_flag=True)
def demo(lang: Language, out: Path, seed: int, size: str, gaps: bool) -> Path:
    """Make the demonstration workspace."""
    from app.context import load_settings, now
    from layers.demo.build import build_demo

    words = catalogue(lang)

    def progress(fraction: float, step: str) -> None:
        click.echo(f"{fraction:4.0%} {words.text(step)}", err=True)

    recipe = load_settings().data_dir / "demo" / "jiaxing.yaml"
    build_demo(out, recipe, size=size, seed=seed, created_at=now(), gaps=gaps, progress=progress)
    _compile_kernels(out, words)
    return out


def _compile_kernels(workspace: Path, words: Catalogue) -> None:
    """Compile the kernels by using them, where this installation never did: blocks won't wait."""
    from geo.tools import kernels_available

    if not kernels_available():
        return
    from geo.kernels import are_compiled

    if are_compiled():
        return
    from app.answers.land import find_land
    from app.context import open_context
    from platforms.land.search import BlockQuery

    tell(words.text("kernels_compiling"))
    find_land(open_context(workspace), BlockQuery())


@makes("new")
@WORKSPACE
@click.option("--crs", default="EPSG:4549")
@click.option("--title", default=None)
def new(_lang: Language, workspace: Path, crs: str, title: str | None) -> Path:
    """Make an empty workspace."""
    from app.context import now
    from geo.crs import parse_crs
    from layers.workspace.geopackage import create_workspace

    create_workspace(workspace, parse_crs(crs), title=title or workspace.stem, created_at=now())
    return workspace


@reads("info")
def info(context: "Context") -> "Answer":
    """List layers, rows, CRS, dates and sources."""
    from app.answers.workspace import info_answer

    return info_answer(context)


@command("fields", JSON, LANG)
@click.argument("layer", required=False)
@click.option("--markdown", type=click.Path(path_type=Path))
def fields(layer: str | None, markdown: Path | None, as_json: bool, lang: Language) -> None:
    """List the columns of layers."""
    from app.answers.answer import Stand
    from app.answers.workspace import data_dictionary, field_answer

    words = catalogue(lang)
    if markdown is not None:
        markdown.write_text(data_dictionary(), encoding="utf-8", newline="\n")
        tell(words.text("written", path=str(markdown)))
        return
    show(field_answer(layer, words), Stand(words, {}), as_json=as_json, out=None)


@writes("import")
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
@click.option("--data-date", "data_on")
@click.option("--responsible")
@click.option("--source")
@click.option("--covers", multiple=True)
@click.option("--kinds", multiple=True)
def import_(
    context: "Context",
    file: Path,
    pairs: tuple[str, ...],
    actions: tuple[str, ...],
    report: Path | None,
    **choices: object,
) -> "Answer":
    """Import a file and report on every row."""
    from layers.exchange.request import DataStatement, ImportRequest
    from layers.fields import split_list

    stated = {name: choices.pop(name) for name in ("data_on", "responsible", "source")}
    listed = {
        name: tuple(item for text in choices.pop(name) for item in split_list(text))
        for name in ("covers", "kinds")
    }
    statement = DataStatement(**stated, **listed)
    request = ImportRequest(path=file, mapping=_mapping(pairs), statement=statement, **choices)
    return _import_with_report(context, request, actions, report)


def _import_with_report(
    context: "Context", request: "ImportRequest", pairs: tuple[str, ...], report: Path | None
) -> "Answer":
    """Import a file and write its report where asked, even where no row could be stored.

    ``pairs``: ``CLASS=ACTION`` each: what is done with a class of fault.
    """
    from app.answers import imports
    from app.answers.answer import write_answer
    from layers.exchange.importing import NothingAcceptedError

    actions = imports.parse_actions(pairs)
    if report is not None:
        imports.check_report_path(report)
    try:
        answer = imports.import_file(
            context, request, actions, terminal_progress(), is_whole=report is not None
        )
    except NothingAcceptedError as error:
        if report is not None:
            result = imports.refused_result(request, error)
            refused = imports.import_answer(context, request, result, actions)
            write_answer(refused, stand_on(context), report)
        raise Refusal(imports.refusal_text(error, context.words)) from error
    if report is not None:
        write(answer, stand_on(context), report)
    return answer


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


@command("export")
@WORKSPACE
@click.argument("layer")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--encoding", type=click.Choice(["UTF-8", "GBK"]), default="UTF-8")
@LANG
@VIEWER
def export(
    workspace: Path,
    layer: str,
    out: Path,
    encoding: "ShapefileEncoding",
    lang: Language,
    viewer: str | None,
) -> None:
    """Export a layer or table."""
    from app.answers.project_ledger import LEDGER_TABLES
    from app.answers.workspace import export_answer

    context = open_workspace(workspace, lang, viewer=viewer)
    stand = stand_on(context, ledger=layer in LEDGER_TABLES)
    show(export_answer(context, layer), stand, as_json=False, out=out, encoding=encoding)


@reads("topology")
@click.option("--layer", "checked_layer", default="land_parcels")
@click.option("--min-overlap-m2", type=float)
@click.option("--max-gap-m", type=float)
@click.option("--max-gap-m2", type=float)
@click.option("--min-width-m", type=float)
@click.option("--min-compactness", type=float)
def topology(context: "Context", checked_layer: str, **limits: float | None) -> "Answer":
    """List duplicates, overlaps, gaps and slivers."""
    from app.answers.topology import topology_answer
    from geo.topology import TopologyRule

    rule = TopologyRule(**{name: limit for name, limit in limits.items() if limit is not None})
    return topology_answer(context, checked_layer, rule, terminal_progress())


MAP_OPTIONS = {
    "map_platforms": "--platform", "block_min_mu": "--block-min-mu", "map_fields": "--field",
    "map_title": "--title", "map_contact": "--contact", "map_source": "--source",
    "map_review": "--review",
}  # fmt: skip
"""Options that only the map for investors has."""


@command("report", PACK, AS_OF)
@WORKSPACE
@click.option("--kind", required=True)
@click.option("--project", "report_project")
@click.option("--period", "ledger_period")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@LANG
@VIEWER
@click.option("--platform", "map_platforms", multiple=True)
@click.option("--block-min-mu", type=float)
@click.option("--field", "map_fields", multiple=True)
@click.option("--title", "map_title")
@click.option("--contact", "map_contact")
@click.option("--source", "map_source")
@click.option("--review", "map_review")
def report(
    workspace: Path,
    kind: str,
    report_project: str | None,
    ledger_period: str | None,
    out: Path,
    lang: Language,
    viewer: str | None,
    packs: tuple[str, ...],
    as_of: str | None,
    **for_map: object,
) -> None:
    """Write a printable report, or the map for investors."""
    from app.answers.reports import MAP_KIND, report_of
    from layers.exchange.writers.write import check_report_path, write_report

    context = open_workspace(workspace, lang, packs, as_of, viewer)
    if kind == MAP_KIND:
        if report_project is not None:
            raise MuPlanError("report_project_unused", kind=kind)
        _write_map(context, for_map, out)
        return
    for name, option in MAP_OPTIONS.items():
        if for_map[name]:
            raise MuPlanError("report_option_unused", option=option)
    check_report_path(out)
    write_report(out, report_of(context, kind, report_project, terminal_progress(), ledger_period))
    tell(context.words.text("written", path=str(out)))


def _write_map(context: "Context", options: dict[str, object], out: Path) -> None:
    from app.answers.investment import InvestmentQuery, investment_map
    from layers.exchange.writers.write import PAGE_ENDING, check_report_path, write_page

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
    page = investment_map(context, query, progress=terminal_progress())
    write_page(out, page.html)
    for line in (*page.sentences(context), context.words.text("written", path=str(out))):
        tell(line)


@command("offline-kit", LANG)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--platform", "kit_platforms", type=click.Choice(list(PLATFORMS)), multiple=True)
@click.option("--python", "kit_pythons", type=click.Choice(PYTHONS), multiple=True)
def offline_kit(
    out: Path, kit_platforms: tuple[str, ...], kit_pythons: tuple[str, ...], lang: Language
) -> None:
    """Make a folder to install and start from without internet."""
    from app.context import now
    from app.offline.kit import make_kit

    words = catalogue(lang)
    platforms, pythons = kit_platforms or tuple(PLATFORMS), kit_pythons or (RUNNING,)
    kit = make_kit(out, platforms, pythons, now(), words.text, tell)
    size = {"wheels": kit.wheels, "megabytes": kit.bytes / 1e6}
    click.echo(printable(words.text("offline_made", path=str(out), **size)))


@reads("history", ledger=True)
def history(context: "Context") -> "Answer":
    """List who changed what, when and why."""
    from app.answers.changes import history_answer

    return history_answer(context)


@writes("undo", ledger=True)
@click.option("--change", "change_number", type=click.IntRange(min=1), required=True)
@click.option("--reason", default="")
def undo(context: "Context", change_number: int, reason: str) -> "Answer":
    """Undo one change."""
    from app.answers.changes import undo as undo_change

    return undo_change(context, change_number, reason)


@writes("backup")
@click.option("--out", "backup_file", type=click.Path(path_type=Path), required=True)
def backup(context: "Context", backup_file: Path) -> "Answer":
    """Copy a workspace while others use it."""
    from app.answers.changes import back_up_to

    return back_up_to(context, backup_file)


@command("restore", JSON, LANG)
@click.argument("backup", type=click.Path(path_type=Path))
@click.option("--to", "restore_to", type=click.Path(path_type=Path), required=True)
@click.option("--reason", default="")
def restore(backup: Path, restore_to: Path, reason: str, as_json: bool, lang: Language) -> None:
    """Put a backup in the place of a workspace."""
    from app.answers.changes import restore as put_backup
    from app.answers.changes import restored_answer

    before, after = put_backup(backup, restore_to, reason)
    context = open_workspace(restore_to, lang)
    show(restored_answer(context, before, after), stand_on(context), as_json=as_json, out=None)


@reads("head", ledger=True)
@click.option("--deposit", type=click.Path(path_type=Path))
@click.option("--sign-with", "signing_key", type=click.Path(path_type=Path))
def head(context: "Context", deposit: Path | None, signing_key: Path | None) -> "Answer":
    """Give the head of the ledger, to be kept outside."""
    from app.answers.changes import deposit_head, head_answer

    if deposit is not None:
        deposit_head(context, deposit, signing_key)
        tell(context.words.text("written", path=str(deposit)))
    return head_answer(context)
