"""The answer to where a project should go, for page, command line and export."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.answers.matched_site import (
    criterion_rows,
    reason_text,
    site_row,
    site_rows,
    standing_of,
    weight_range_rows,
)
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.nearest import nearest_name
from layers.exchange.sheet import Sheet
from platforms.industries.chain_firms import chain_firms
from platforms.matching.chain_reach import ChainReach
from platforms.matching.demand import Demand
from platforms.matching.demand_row import demand_of
from platforms.matching.ground import Survey
from platforms.matching.match import Evaluation, MatchedSite, MatchResult, evaluate, ranked
from platforms.matching.table import MatchTable

SCREEN_COLUMNS = (
    "rank", "standing", "score", "site_id", "platform_name", "unit_name", "area_mu", "share_after",
    "why",
)  # fmt: skip
FIRST_PLATFORMS = 5
SITE_COLUMNS = (
    "standing", "platform_name", "unit_name", "carved_from", "remainder_mu", "share_before",
    "share_after", "why",
)  # fmt: skip
PLATFORM_COLUMNS = ("site_count", "best_site")
GATE_COLUMNS = ("gate", "outcome", "force", "reason", "clause")


def demand_in_ledger(context: Context, project_id: str) -> Demand:
    """Read the demand of a project of the ledger.

    Parameters
    ----------
    context
        Workspace.
    project_id
        Its number.

    Returns
    -------
    Demand
        The demand.

    Raises
    ------
    MuPlanError
        ``ledger_empty``, ``project_unknown`` with the nearest number, and those of ``demand_of``.
    """
    projects = context.source.read("projects")
    if not len(projects):
        raise MuPlanError("ledger_empty", project_id=project_id)
    rows = projects[projects["project_id"] == project_id]
    if not len(rows):
        raise MuPlanError(
            "project_unknown", project_id=project_id,
            nearest=nearest_name(project_id, list(projects["project_id"])),
        )  # fmt: skip
    return demand_of(rows.iloc[0].to_dict())


def chain_reach(context: Context) -> ChainReach:
    """Read the firms of the city along the chains, for matching."""
    industries = context.industries()
    firms = chain_firms(context.source, industries, context.year)
    return ChainReach(firms, context.chains(), industries)


def survey_of(context: Context, table: MatchTable, least_mu: float | None = None) -> Survey:
    """Prepare the matching of projects in this context.

    Parameters
    ----------
    context
        Workspace.
    table
        Bounds and land uses.
    least_mu
        Least land of the smallest project [亩], None where it isn't known.

    Returns
    -------
    Survey
        Reads the city once, whatever the number of projects.
    """
    policy, year, reach = context.policy, context.year, chain_reach(context)
    return Survey(context.source, policy, table, year, context.crs, reach, least_mu)


def evaluate_match(context: Context, demand: Demand, table: MatchTable) -> Evaluation:
    """Judge and value the land of the city for a project, whatever the weights."""
    ground = next(survey_of(context, table).grounds([demand]))
    return evaluate(ground, demand, context.policy, table)


def run_match(context: Context, demand: Demand, table: MatchTable) -> MatchResult:
    """Match a project in this context."""
    return ranked(evaluate_match(context, demand, table), table)


def match_answer(context: Context, result: MatchResult, table: MatchTable, top: int) -> Answer:
    """Answer ``match``: platforms and sites for one project.

    Parameters
    ----------
    context
        Workspace, rules, language.
    result
        What matching found.
    table
        The weights used.
    top
        Admitted sites shown; undecided and rejected ones are all listed.

    Returns
    -------
    Answer
        JSON keys ``platforms``, ``sites``, ``undecided``, ``rejected``, ``weight_ranges``.
    """
    words, demand = context.words, result.demand
    platforms = context.source.read("major_platforms")
    names = dict(zip(platforms["platform_id"], platforms["name"], strict=True))
    shown = (*result.sites[:top], *result.undecided, *result.rejected)
    sites = _site_frame(context, shown, result, names)
    return Answer(
        title=words.text("title_match", name=demand.name),
        parameters={
            "project_id": demand.project_id, "land_min_mu": demand.land_min_mu,
            "land_ideal_mu": demand.land_ideal_mu, "year": result.year, "top": top,
            "weights": dict(table.weights),
        },
        result={
            "project_id": demand.project_id,
            "platforms": [
                {
                    "rank": p.rank, "platform_id": p.platform_id,
                    "name": names.get(p.platform_id), "score": p.score,
                    "site_count": p.site_count, "best_site_id": p.best_site_id,
                    "criteria": criterion_rows(p.criteria),
                }
                for p in result.platforms
            ],
            "sites": site_rows(result, top, words),
            "weight_ranges": weight_range_rows(result),
            "undecided": [
                {**site_row(one, words), "missing": [gate.gate for gate in one.reasons]}
                for one in result.undecided
            ],
            "rejected": [site_row(one, words) for one in result.rejected],
        },
        sheets=(
            Sheet(words.text("sheet_sites"), sites, printed=SCREEN_COLUMNS),
            Sheet(words.text("sheet_platforms"), _platform_frame(result, names)),
            Sheet(words.text("sheet_gates"), _gate_frame(shown, words)),
        ),
        titles=column_titles(words, (*SITE_COLUMNS, *PLATFORM_COLUMNS, *GATE_COLUMNS)),
        summary=(*summary_lines(context, result, names), *_platform_line(result, names, words)),
        screen=pd.DataFrame(sites)[list(SCREEN_COLUMNS)],
    )  # fmt: skip


def summary_lines(context: Context, result: MatchResult, names: dict[str, str]) -> tuple[str, ...]:
    """Say the answer in words that stand in a meeting."""
    words = context.words
    counts = words.text(
        "summary_match", sites=len(result.sites), undecided=len(result.undecided),
        rejected=len(result.rejected),
    )  # fmt: skip
    if not (result.sites or result.undecided or result.rejected):
        least = result.demand.land_min_mu
        return (words.text("summary_no_candidate", name=result.demand.name, land_min_mu=least),)
    if not result.sites:
        causes = _main_causes(chain(result.undecided, result.rejected), words)
        return (words.text("summary_no_site", name=result.demand.name), counts, causes)
    best = result.sites[0]
    points = best.score.score if best.score else None
    first = words.text(
        "summary_best_site", name=result.demand.name,
        platform=names.get(best.site.platform_id or "", words.text("no_platform")),
        unit=unit_names(context).get(best.site.unit_id or "", words.text("no_value")),
        site_id=best.site.site_id, area_mu=best.site.area_mu, score=points or 0.0,
    )  # fmt: skip
    return (first, counts)


def _main_causes(sites: Iterable[MatchedSite], words: Catalogue) -> str:
    """Say which gates kept most sites out."""
    counts = Counter(one.reasons[0].gate for one in sites if one.reasons)
    listed = [f"{words.text(f'gate_{gate}')} {count}" for gate, count in counts.most_common(3)]
    return words.text("summary_causes", causes=words.joined(listed))


def _site_frame(
    context: Context, shown: tuple[MatchedSite, ...], result: MatchResult, names: dict[str, str]
) -> gpd.GeoDataFrame:
    words, units = context.words, unit_names(context)
    rows = [
        {
            "rank": one.rank,
            "standing": standing_of(one, words),
            "site_id": one.site.site_id,
            "score": None if one.score is None else one.score.score,
            "platform_name": names.get(one.site.platform_id or ""),
            "unit_name": units.get(one.site.unit_id or ""),
            "area_mu": one.site.area_mu,
            "carved_from": None if one.site.carved is None else one.site.carved.block_id,
            "remainder_mu": None
            if one.site.carved is None
            else one.site.carved.carving.remainder_mu,
            "share_before": None if one.effect is None else one.effect.before,
            "share_after": None if one.effect is None else one.effect.after,
            "why": reason_text(one, words),
            "parcel_ids": list(one.site.parcel_ids),
        }
        for one in shown
    ]
    columns = [
        "rank", "standing", "site_id", "score", "platform_name", "unit_name", "area_mu",
        "carved_from", "remainder_mu", "share_before", "share_after", "why", "parcel_ids",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"rank": "Int64"})
    shapes = [one.site.geometry for one in shown]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=context.crs)


def _platform_frame(result: MatchResult, names: dict[str, str]) -> pd.DataFrame:
    rows = [
        (p.rank, p.platform_id, names.get(p.platform_id), p.score, p.site_count, p.best_site_id)
        for p in result.platforms
    ]
    columns = ["rank", "platform_id", "platform_name", "score", "site_count", "best_site"]
    return pd.DataFrame(rows, columns=columns)


def _platform_line(result: MatchResult, names: dict[str, str], words: Catalogue) -> tuple[str, ...]:
    """Name the first platforms in order."""
    if not result.platforms:
        return ()
    ranked = [
        words.text("ranked_platform", rank=p.rank, score=p.score, count=p.site_count,
                   name=names.get(p.platform_id, p.platform_id))
        for p in result.platforms[:FIRST_PLATFORMS]
    ]  # fmt: skip
    return (words.text("summary_platforms", ranked=words.joined(ranked)),)


def _gate_frame(shown: tuple[MatchedSite, ...], words: Catalogue) -> pd.DataFrame:
    rows = [
        {
            "site_id": one.site.site_id,
            "gate": words.text(f"gate_{gate.gate}"),
            "outcome": words.text(f"outcome_{gate.outcome}"),
            "force": words.text(f"force_{gate.force}"),
            "reason": words.say(gate.statement),
            "clause": gate.clause,
        }
        for one in shown
        for gate in one.gates
    ]
    return pd.DataFrame(rows, columns=["site_id", *GATE_COLUMNS])
