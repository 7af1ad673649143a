"""Printable reports."""

from collections.abc import Sequence
from functools import partial

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, heading_of, stand_of
from app.answers.checks import URGENCY, check_answer, verdict_list
from app.answers.coverage import checked_against
from app.answers.evidence import assumption_texts, verdict_table
from app.answers.land import block_answer, find_land
from app.answers.ledger_statistics import ledger_ranking_answer, notice_answer
from app.answers.map import picture_of, view_of
from app.answers.matching import demand_in_ledger, match_answer, run_match
from app.answers.project_ledger import ledger_stand
from app.answers.project_page import battle_maps, projects_asked
from app.answers.to_do import counts_by_force, missing_frame, of_group, year_before
from app.context import Context
from geo.errors import MuPlanError
from geo.tools import Progress, nearest_name
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.word import Picture, Report, ReportContent, Section, report_of_sheets
from layers.exchange.writers.word_board import Boards
from layers.maps.find import Highlight
from layers.maps.view import MapView
from platforms.checks import CHECKED_RULES, CheckQuery
from platforms.land.find import ContiguousLand
from platforms.land.search import BlockQuery, lines_mu
from platforms.matching.match import MatchedSite, MatchResult
from platforms.matching.site import MatchTable
from platforms.policy.verdict import Verdict

LEDGER_KINDS = ("project", "ledger", "ranking")
"""Reports of the ledger."""
PERIODICAL = {"ledger": notice_answer, "ranking": ledger_ranking_answer}


def ledger_report_of(
    context: Context,
    kind: str,
    project: str | None,
    period: str | None,
    progress: Progress | None = None,
) -> Report | Boards:
    """Make a report of the ledger.

    ``kind``: One of ``LEDGER_KINDS``.
    ``project``: Of ``project``: a number, several divided by commas, or ``all``.
    ``period``: Of the others: month, quarter or year.

    The report, with the head of the chain among its sources.

    Raises MuPlanError: ``report_projects_needed``, ``report_project_unused``,
    ``report_period_needed``, ``report_period_unused``, ``project_not_on_file``,
    ``ledger_period_bad``.
    """
    if kind == "project":
        if period is not None:
            raise MuPlanError("report_period_unused", kind=kind)
        asked = projects_asked(context, project or "")
        if not asked:
            raise MuPlanError("report_projects_needed")
        return battle_maps(context, asked, progress=progress)
    if project is not None:
        raise MuPlanError("report_project_unused", kind=kind)
    if period is None:
        raise MuPlanError("report_period_needed", kind=kind)
    return listed_report(context, PERIODICAL[kind](context, period), kind)


def listed_report(context: Context, answer: Answer, kind: str) -> Report:
    """Print the lists of an answer from the ledger, each in a section of its own."""
    words = context.words
    titled = Answer(
        title=answer.title,
        parameters={"report": kind, **answer.parameters},
        result={},
        sheets=answer.sheets,
        titles=answer.titles,
        summary=(words.text("as_of_said", as_of=context.as_of), *answer.summary),
    )
    matrix, _ = checked_against(context)
    return report_of_sheets((*answer.sheets, matrix), heading_of(titled, ledger_stand(context)))


MAP_KIND = "investment-map"
"""A page for a browser, not a document: ``app.answers.investment`` makes it."""
KINDS = ("land", "match", "check", *LEDGER_KINDS, MAP_KIND)
"""Reports there are."""
FIRST_SITES = 5
"""Sites drawn on the map of a match and explained gate by gate."""
PRINTED_VERDICTS = (
    "outcome", "rule_id", "rule_title", "subject", "measured", "threshold", "gap", "measure",
    "force_status", "basis", "clause", "why",
)  # fmt: skip
PRINTED_COUNTS = ("rule_id", "rule_title", "counts", "clause")
PRINTED_MISSING = ("rule_id", "rule_title", "why", "ask", "subject", "clause")


def report_of(
    context: Context,
    kind: str,
    project_id: str | None,
    progress: Progress | None = None,
    period: str | None = None,
) -> Report | Boards:
    """Make a report with the parameters that its command has by default.

    ``kind``: One of ``KINDS`` that is a document.
    ``project_id``: Project of a report on matching, projects of maps of action; None for the
      others.
    ``period``: Month, quarter or year of a notice or ranking of the ledger; None for the others.

    Raises MuPlanError: ``report_kind_unknown``, ``report_project_needed``,
    ``report_project_unused``, ``report_period_unused``, and what the job itself raises.
    """
    if kind not in KINDS:
        raise MuPlanError(
            "report_kind_unknown", kind=kind, known=", ".join(KINDS),
            nearest=nearest_name(kind, KINDS),
        )  # fmt: skip
    if kind in LEDGER_KINDS:
        return ledger_report_of(context, kind, project_id, period, progress)
    if period is not None:
        raise MuPlanError("report_period_unused", kind=kind)
    if kind == "match":
        if project_id is None:
            raise MuPlanError("report_project_needed", kind=kind)
        demand, table = demand_in_ledger(context, project_id), context.match_table()
        return match_report(context, run_match(context, demand, table), table)
    if project_id is not None:
        raise MuPlanError("report_project_unused", kind=kind)
    if kind == "land":
        query = BlockQuery(min_mu=lines_mu(context.policy)[0])
        land = find_land(context, query, with_curve=True, progress=progress)
        return land_report(context, query, land)
    check = CheckQuery(None, (), (), context.as_of)
    verdicts = verdict_list(context, check)
    before = year_before(check, verdicts, partial(verdict_list, context))
    return check_report(context, check, verdicts, before=before)


def land_report(
    context: Context, query: BlockQuery, land: ContiguousLand, view: MapView | None = None
) -> Report:
    """Report on contiguous land: map, list, by unit, short of the line, tolerance curve."""
    words = context.words
    answer = block_answer(context, query, land)
    listed, by_unit, short = map(answer.sheet, ("blocks", "by_unit", "short_blocks"))
    frame = gpd.GeoDataFrame(listed.frame)
    captions = tuple(
        words.text("block_caption", block_id=block_id, area_mu=area_mu)
        for block_id, area_mu in zip(frame["block_id"], frame["area_mu"], strict=True)
    )
    marked = Highlight("result", frame.geometry, captions, listed.name)
    sections = [
        _map_section(context, view, answer.title, [marked]),
        Section(listed.name, (listed,)),
        Section(by_unit.name, (by_unit,)),
        Section(short.name, (short,)),
    ]
    if land.curve is not None:
        curve = answer.sheet("curve")
        sections.append(Section(curve.name, (curve,)))
    return _report(context, "land", answer, sections)


def match_report(
    context: Context, result: MatchResult, table: MatchTable, view: MapView | None = None
) -> Report:
    """Report on where a project should go: map, platforms, sites and why, gates of the first."""
    words = context.words
    answer = match_answer(context, result, table, max(len(result.sites), 1))
    sites, platforms, gates = map(answer.sheet, ("sites", "platforms", "gates"))
    first = (result.sites or result.undecided)[:FIRST_SITES]
    marked = Highlight(
        "selected",
        gpd.GeoSeries([matched.site.geometry for matched in first], crs=context.crs),
        tuple(_site_caption(matched, context) for matched in first),
        words.text("report_first_sites"),
    )
    marks = [marked] if first else []
    sections = [
        _map_section(context, view, answer.title, marks, with_parcels=bool(first)),
        Section(platforms.name, (platforms,)),
    ]
    frame, at = sites.frame, 0
    for group, standing_code in (
        (result.sites, "standing_admitted"),
        (result.undecided, "standing_undecided"),
        (result.rejected, "standing_rejected"),
    ):
        part, at = frame.iloc[at : at + len(group)], at + len(group)
        name = words.text("report_sites", standing=words.text(standing_code), count=len(group))
        sections.append(Section(name, (Sheet(name, part, sites.totals, sites.printed),)))
    first_ids = {matched.site.site_id for matched in first}
    of_first = gates.frame[gates.frame["site_id"].isin(first_ids)]
    name = words.text("report_gates")
    sections.append(Section(name, (Sheet(name, of_first, printed=gates.printed),)))
    return _report(context, "match", answer, sections)


def check_report(
    context: Context,
    query: CheckQuery,
    verdicts: list[Verdict],
    view: MapView | None = None,
    before: list[Verdict] | None = None,
) -> Report:
    """Report on the rules: what somebody must do, what is missing and from whom, then the rest.

    ``before``: Verdicts of the year before, whose counts stand beside; None for none.
    """
    words = context.words
    answer = check_answer(context, query, verdicts, before)
    title = words.text("report_platform_map")
    sections = [_map_section(context, view, title, _platform_highlights(context, verdicts))]
    for force, counts in counts_by_force(context, verdicts, before):
        mine = [verdict for verdict in of_group(verdicts, "act") if verdict.force == force]
        name = words.text(f"force_head_{force}")
        table = Sheet(name, verdict_table(context, mine), printed=PRINTED_VERDICTS)
        sections.append(Section(name, (counts, table) if mine else (counts,)))
    name = words.text("report_missing")
    lacking = missing_frame(context, of_group(verdicts, "missing"))
    content: tuple[ReportContent, ...] = (words.text("report_missing_none"),)
    if len(lacking):
        content = (Sheet(name, lacking, printed=PRINTED_MISSING),)
    sections.append(Section(name, content))
    rest = of_group(verdicts, "rest")
    if rest:
        name = words.text("group_rest")
        by_rule = Sheet(
            words.text("report_by_rule"), _counted(context, rest), printed=PRINTED_COUNTS
        )
        sections.append(Section(name, (by_rule,)))
    texts = tuple(f"{key}　{text}" for key, text in assumption_texts(context, verdicts))
    if texts:
        sections.append(Section(words.text("report_assumptions"), texts))
    return _report(context, "check", answer, sections)


def _counted(context: Context, verdicts: list[Verdict]) -> pd.DataFrame:
    in_order = sorted(verdicts, key=lambda v: (CHECKED_RULES.index(v.rule_id), v.part))
    table = verdict_table(context, in_order)
    groups = table.groupby(["rule_id", "rule_title", "clause"], sort=False)["outcome"]
    counts = groups.agg(
        lambda words: context.words.joined(
            f"{word} {count}" for word, count in words.value_counts(sort=False).items()
        )
    )
    return counts.rename("counts").reset_index()


def _report(context: Context, kind: str, answer: Answer, sections: Sequence[Section]) -> Report:
    words = context.words
    headed = Answer(
        title=words.text("report_title", title=answer.title),
        parameters={"report": kind, **answer.parameters},
        result={},
        sheets=(),
        titles={
            **answer.titles,
            "subject": words.text("column_subject"),
            "counts": words.text("column_counts"),
        },
        summary=(words.text("as_of_said", as_of=context.as_of), *answer.summary),
    )
    stand = ledger_stand(context) if kind == "check" else stand_of(context)
    matrix, gaps = checked_against(context)
    against = Section(words.text("report_checked_against"), (matrix, *gaps))
    return Report(heading_of(headed, stand), (*sections, against))


def _map_section(
    context: Context,
    view: MapView | None,
    title: str,
    highlights: Sequence[Highlight],
    *,
    with_parcels: bool = False,
) -> Section:
    """Draw the map; seen as a whole, a city's parcels are dust.

    A workspace without shapes gets the sentence that says so.
    """
    words = context.words
    heading = words.text("report_map")
    seen = view if view is not None else view_of(context)
    if seen.extent is None:
        return Section(heading, (words.text("picture_empty"),))
    visible = [
        layer.style.name
        for layer in seen.layers
        if layer.style.is_shown and (with_parcels or layer.style.layer != "land_parcels")
    ]
    content = Picture(picture_of(context, seen, title, highlights, visible), title)
    return Section(heading, (content,))


def _urgency(verdict: Verdict) -> int:
    return URGENCY.index(verdict.outcome)


def _platform_highlights(context: Context, verdicts: Sequence[Verdict]) -> list[Highlight]:
    """Colour platforms by their worst mandatory verdict; other forces never mix in."""
    worst: dict[str, str] = {}
    for verdict in sorted(verdicts, key=_urgency, reverse=True):
        if verdict.platform_id is not None and verdict.force == "mandatory":
            worst[verdict.platform_id] = verdict.outcome
    frame = gpd.GeoDataFrame(context.source.read("major_platforms"))
    frame = frame[frame.geometry.notna()]
    highlights = []
    for outcome in ("not_applicable", "met", "no_data", "not_met"):
        keys = [key for key, outcome_found in worst.items() if outcome_found == outcome]
        rows = frame[frame["platform_id"].isin(keys)]
        if len(rows):
            names = tuple(rows["name"].fillna("").astype(str))
            title = context.words.text(f"outcome_{outcome}_mandatory")
            look = "no_data" if outcome == "not_applicable" else outcome
            highlights.append(Highlight(look, rows.geometry, names, title))
    return highlights


def _site_caption(matched: MatchedSite, context: Context) -> str:
    rank = "" if matched.rank is None else f"{matched.rank}  "
    return rank + context.words.text(
        "block_caption", block_id=matched.site.site_id, area_mu=matched.site.area_mu
    )
