"""The answer to where many projects go at once, for command line and export."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import yaml

from app.answers.answer import Answer, column_titles
from app.answers.chains import platform_names
from app.answers.land import unit_names
from app.answers.matched_site import percent
from app.answers.matching import demand_in_ledger, survey_of
from app.answers.placement_search import search_summary
from app.answers.placement_undecided import undecided_frame, undecided_sites
from app.answers.placement_why import (
    WHY_TITLES,
    explained_result,
    never_changes_words,
    place_names,
    why_row,
    why_sheets,
    why_summary,
    worded_locks,
)
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.progress import Progress, report, within
from layers.exchange.sheet import Sheet
from platforms.elements.room import Room, RoomKey
from platforms.matching.demand import BEGUN, Demand
from platforms.matching.demand_row import demand_of
from platforms.matching.match import MatchResult, evaluate, ranked
from platforms.matching.table import MatchTable
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, ShareRows
from platforms.placement.place import Placement, Unplaced, Wishes, place
from platforms.placement.reasons import LocksClashError
from platforms.placement.share_rows import further_shares
from platforms.projects.viewing import require_city
from platforms.statement import Statement

Refused = Mapping[str, MuPlanError]
"""Projects whose demand cannot be read, each with what is wrong."""

PLACED_OR_OVER = (*BEGUN, "ended")
"""Stages in which no place is looked for."""

ASSIGNMENT_COLUMNS = (
    "project_id", "project_name", "site_id", "platform_name", "unit_name", "area_mu", "score",
)  # fmt: skip
SHARE_COLUMNS = (
    "unit_name", "span", "element_name", "pollutant", "placed_before_share", "placed_after_share",
    "placed_least_share", "outcome",
)  # fmt: skip
OWN_TITLES = (
    "project_name", "platform_name", "unit_name", "element_name", "why", "missing",
    "placed_before_share",
    "placed_after_share", "placed_least_share", "outcome",
)  # fmt: skip


def demands_asked(context: Context, asked: str) -> tuple[list[Demand], dict[str, MuPlanError]]:
    """Read the projects to place.

    Parameters
    ----------
    context
        Workspace.
    asked
        ``all`` for those of the ledger not begun; a ``.json`` or ``.yaml`` list of demands; else a
        text file with one project number a line.

    Returns
    -------
    list of Demand, dict
        The demands, and those of the ledger that cannot be read.

    Raises
    ------
    MuPlanError
        ``placement_no_project``, ``placement_file_unreadable``, those of ``demand_in_ledger``.
    """
    require_city(context.source)
    if asked == "all":
        return _from_ledger(context)
    path = Path(asked)
    try:
        text = path.read_text(encoding="utf-8-sig")
        is_list = path.suffix.lower() in (".json", ".yaml", ".yml")
        rows = yaml.safe_load(text) if is_list else text.split()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MuPlanError("placement_file_unreadable", path=asked) from error
    if not isinstance(rows, list):
        raise MuPlanError("placement_file_unreadable", path=asked)
    if not rows:
        raise MuPlanError("placement_no_project")
    read = [
        demand_of(r) if isinstance(r, dict) else demand_in_ledger(context, str(r)) for r in rows
    ]
    return list({one.project_id: one for one in read}.values()), {}


def _from_ledger(context: Context) -> tuple[list[Demand], dict[str, MuPlanError]]:
    projects = context.source.read("projects")
    demands, refused = [], {}
    for row in projects[~projects["stage"].isin(PLACED_OR_OVER)].to_dict("records"):
        try:
            demands.append(demand_of({str(name): value for name, value in row.items()}))
        except MuPlanError as error:
            refused[str(row["project_id"])] = error
    if not demands:
        raise MuPlanError("placement_no_project")
    return demands, refused


def demands_chosen(
    context: Context, project_ids: Sequence[str]
) -> tuple[list[Demand], dict[str, MuPlanError]]:
    """Read the demands of some projects of the ledger, and those that cannot be read."""
    require_city(context.source)
    demands, refused = [], {}
    for project_id in project_ids:
        try:
            demands.append(demand_in_ledger(context, project_id))
        except MuPlanError as error:
            refused[project_id] = error
    if not demands and not refused:
        raise MuPlanError("placement_no_project")
    return demands, refused


@dataclass(frozen=True)
class Matched:
    """All that placing needs, whatever is wished for.

    Attributes
    ----------
    results
        What matching found for each project, in the order asked.
    rooms
        Quotas beside the projects' own allotments.
    shares
        Shares of B1 (of the year, cumulatively) and B2 beside them.
    """

    results: tuple[MatchResult, ...]
    rooms: Mapping[RoomKey, Room]
    shares: ShareRows


def match_all(
    context: Context, demands: Sequence[Demand], table: MatchTable, tell: Progress | None = None
) -> Matched:
    """Match each project by itself; ``tell`` hears the share done and may end it by an error."""
    policy = context.policy
    survey = survey_of(context, table, min((one.land_min_mu for one in demands), default=None))
    results: list[MatchResult] = []
    grounds = survey.grounds(demands, within(tell, 0.0, 0.6))
    for number, (demand, ground) in enumerate(zip(demands, grounds, strict=True), start=1):
        results.append(ranked(evaluate(ground, demand, policy, table), table))
        report(tell, 0.6 + 0.4 * number / len(demands))
    ids = [one.project_id for one in demands]
    shares = {
        **survey.shares_beside(ids),
        **further_shares(context.source, ids, context.year, policy, context.crs),
    }
    return Matched(tuple(results), survey.quotas.rooms_of_all(ids), shares)


def place_matched(
    context: Context,
    matched: Matched,
    wishes: Wishes,
    is_cancelled: Callable[[], bool] | None = None,
) -> Placement:
    """Place all projects at once; ``is_cancelled`` ends the search once it says True."""
    try:
        return place(
            matched.results, matched.rooms, matched.shares, context.policy, wishes, is_cancelled
        )
    except LocksClashError as error:
        raise worded_locks(context, error) from error


def placement_answer(
    context: Context,
    found: Placement,
    refused: Refused,
    wishes: Wishes,
    asked: str,
    results: Sequence[MatchResult] = (),
) -> Answer:
    """Answer ``place``: what goes where, and why some projects go nowhere.

    Parameters
    ----------
    context
        Workspace, rules, language.
    found
        What goes where.
    refused
        Projects whose demand cannot be read.
    wishes
        What was asked of the placement.
    asked
        Which projects, as it was stated.
    results
        What matching found for each project: names the undecided sites of those without a place.

    Returns
    -------
    Answer
        JSON keys ``assignments``, ``unplaced``, ``shares``, ``gap``, ``is_count_proven``,
        ``is_late``, ``count_bound``, ``bound``, ``pairs_left``, ``explained_within``,
        ``conflicts``, ``tolerance``, ``alternatives``, ``are_alternatives_proven``, ``swaps``.
    """
    words = context.words
    frame = _frame(context, found)
    names, explained = place_names(context), explained_result(found, wishes)
    stable = found.explained.stable
    undecided = undecided_sites(results, [one.project_id for one in found.unplaced], words)
    unplaced = [
        {**_unplaced_row(one, words), **why_row(one.why, words, names)} for one in found.unplaced
    ]
    unplaced += [
        {"project_id": name, "reasons": [{"code": why.code, "text": words.error(why)}],
         "gates": {}, **why_row(None, words, names)}
        for name, why in refused.items()
    ]  # fmt: skip
    for row in unplaced:
        row["undecided"] = undecided.get(str(row["project_id"]), [])
    placed = len(found.assignments)
    return Answer(
        title=words.text("title_place"),
        parameters={
            "projects": asked, "gap": wishes.gap, "deadline_s": wishes.deadline_s,
            "locked": [list(pair) for pair in wishes.locked],
            "excluded": [list(pair) for pair in wishes.excluded],
            "quick": wishes.is_quick,
        },
        result={
            "assignments": [
                {
                    "project_id": one.project_id, "platform_id": one.platform_id,
                    "unit_id": one.unit_id, "site_id": one.site_id,
                    "parcel_ids": list(one.parcel_ids), "area_mu": one.area_mu,
                    "carved": one.is_carved, "score": one.points,
                    "never_changes": stable.get(one.project_id),
                }
                for one in found.assignments
            ],
            "unplaced": unplaced,
            "shares": [
                {
                    "unit_id": unit_id, **_share_named(element), "pollutant": pollutant,
                    "before": effect.before, "after": effect.after,
                    "threshold": effect.threshold, "outcome": effect.outcome,
                }
                for (unit_id, element, pollutant), effect in found.shares.items()
            ],
            "gap": found.gap,
            "is_count_proven": found.is_count_proven,
            "is_late": found.is_late,
            "count_bound": found.count_bound,
            "bound": found.bound,
            "pairs_left": found.pairs_left,
            "explained_within": found.explained_within,
            "conflicts": [_said(why, words) for why in found.conflicts],
            **explained,
        },
        sheets=(
            Sheet(words.text("sheet_place"), frame),
            Sheet(words.text("sheet_unplaced"), _unplaced_frame(context, unplaced)),
            Sheet(
                words.text("sheet_undecided"),
                undecided_frame(undecided, platform_names(context), words),
            ),
            Sheet(words.text("sheet_shares_after"), _share_frame(context, found)),
            *why_sheets(found, explained, words, names),
        ),
        titles=column_titles(words, (*OWN_TITLES, *WHY_TITLES)),
        summary=(
            words.text("summary_place", placed=placed, unplaced=len(unplaced)),
            words.text("summary_place_gap", gap=percent(found.gap) or words.text("no_value")),
            words.text("summary_place_proven" if found.is_count_proven else "summary_place_open"),
            *search_summary(found, wishes, words),
            *why_summary(found, wishes, words),
        ),
        screen=pd.DataFrame(frame)[list(ASSIGNMENT_COLUMNS)],
    )  # fmt: skip


def _said(why: Statement, words: Catalogue) -> dict[str, object]:
    return {"code": why.code, "text": words.say(why)}


def _unplaced_row(one: Unplaced, words: Catalogue) -> dict[str, object]:
    return {
        "project_id": one.project_id,
        "reasons": [_said(why, words) for why in one.reasons],
        "gates": dict(one.gates),
    }


def _unplaced_frame(context: Context, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    words, projects = context.words, project_names(context)
    listed = []
    for row in rows:
        reasons, gates = row["reasons"], row["gates"]
        said = [str(why["text"]) for why in reasons] if isinstance(reasons, list) else []
        counts = gates.items() if isinstance(gates, dict) else ()
        said += [f"{words.text(f'gate_{gate}')} {count}" for gate, count in counts]
        why = row["why"]
        said += [str(one) for one in why] if isinstance(why, list) else []
        name = projects.get(str(row["project_id"]))
        listed.append((row["project_id"], name, words.joined(said)))
    return pd.DataFrame(listed, columns=["project_id", "project_name", "why"])


def _share_frame(context: Context, found: Placement) -> pd.DataFrame:
    """List the shares that the assignments touch, before and after."""
    words, units = context.words, unit_names(context)
    rows = [
        (
            units.get(unit_id, unit_id), words.text(f"span_{named['span']}"),
            words.text("element_projects") if element == BY_NUMBER
            else words.word("element", named["element"]), pollutant,
            effect.before, effect.after, effect.threshold, words.text(f"outcome_{effect.outcome}"),
        )
        for (unit_id, element, pollutant), effect in found.shares.items()
        for named in (_share_named(element),)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SHARE_COLUMNS))


def _share_named(element: str) -> dict[str, str]:
    """Say which share is meant: its rule, span and element."""
    if element == BY_NUMBER:
        return {"rule": "B2", "span": "year", "element": element}
    plain = element.removesuffix(CUMULATIVE)
    return {"rule": "B1", "span": "year" if plain == element else "cumulative", "element": plain}


def project_names(context: Context) -> dict[str, str]:
    """Name the projects of the ledger."""
    projects = context.source.read("projects")
    named = projects[projects["name"].notna()]
    return dict(zip(named["project_id"].astype(str), named["name"].astype(str), strict=True))


def _frame(context: Context, found: Placement) -> gpd.GeoDataFrame:
    names, units, projects = platform_names(context), unit_names(context), project_names(context)
    rows = [
        (
            one.project_id, projects.get(one.project_id), one.site_id,
            names.get(one.platform_id or ""), units.get(one.unit_id or ""), one.area_mu,
            one.points, list(one.parcel_ids),
        )
        for one in found.assignments
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[*ASSIGNMENT_COLUMNS, "parcel_ids"])
    frame["never_changes"] = never_changes_words(found, context.words)
    shapes = [one.geometry for one in found.assignments]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=context.crs)
