"""The answer to where many projects go at once, for command line and export."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import yaml

from app.answers.answer import Answer, column_titles
from app.answers.land import unit_names
from app.answers.matched_site import percent
from app.answers.matching import chain_reach, demand_in_ledger
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from layers.exchange.sheet import Sheet
from platforms.matching.demand import BEGUN, Demand
from platforms.matching.demand_row import demand_of
from platforms.matching.ground import ground_of, shares_beside
from platforms.matching.match import MatchResult, evaluate, ranked
from platforms.matching.table import MatchTable
from platforms.placement.place import Placement, Unplaced, Wishes, place
from platforms.placement.share_rows import further_shares
from platforms.statement import Statement

Refused = Mapping[str, MuPlanError]
"""Projects whose demand cannot be read, each with what is wrong."""

ASSIGNMENT_COLUMNS = ("project_id", "site_id", "platform_name", "unit_name", "area_mu", "score")


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
    for row in projects[~projects["stage"].isin(BEGUN)].to_dict("records"):
        try:
            demands.append(demand_of({str(name): value for name, value in row.items()}))
        except MuPlanError as error:
            refused[str(row["project_id"])] = error
    if not demands:
        raise MuPlanError("placement_no_project")
    return demands, refused


def run_placement(
    context: Context,
    demands: Sequence[Demand],
    table: MatchTable,
    wishes: Wishes,
    tell: Callable[[float], None] | None = None,
) -> Placement:
    """Match each project, then place all of them at once."""
    policy, year, reach = context.policy, context.year, chain_reach(context)
    results: list[MatchResult] = []
    for number, demand in enumerate(demands, start=1):
        ground = ground_of(context.source, demand, policy, table, year, context.crs, reach)
        results.append(ranked(evaluate(ground, demand, policy, table), table))
        if tell is not None:
            tell(number / len(demands))
    ids = [one.project_id for one in demands]
    shares = shares_beside(context.source, ids, year, policy, context.crs)
    further = further_shares(context.source, ids, year, policy, context.crs)
    rooms = ground.quotas.rooms_of_all(ids)
    return place(results, rooms, {**shares, **further}, policy, wishes)


def placement_answer(
    context: Context, found: Placement, refused: Refused, wishes: Wishes, asked: str
) -> Answer:
    """Answer ``place``: what goes where, and why some projects go nowhere.

    Returns
    -------
    Answer
        JSON keys ``assignments``, ``unplaced``, ``shares``, ``gap``, ``is_count_proven``,
        ``conflicts``.
    """
    words = context.words
    frame = _frame(context, found)
    unplaced = [_unplaced_row(one, words) for one in found.unplaced]
    unplaced += [
        {"project_id": name, "reasons": [{"code": why.code, "text": words.error(why)}],
         "gates": {}}
        for name, why in refused.items()
    ]  # fmt: skip
    placed = len(found.assignments)
    return Answer(
        title=words.text("title_place"),
        parameters={
            "projects": asked, "gap": wishes.gap, "deadline_s": wishes.deadline_s,
            "locked": [list(pair) for pair in wishes.locked],
            "excluded": [list(pair) for pair in wishes.excluded],
        },
        result={
            "assignments": [
                {
                    "project_id": one.project_id, "platform_id": one.platform_id,
                    "unit_id": one.unit_id, "site_id": one.site_id,
                    "parcel_ids": list(one.parcel_ids), "area_mu": one.area_mu,
                    "carved": one.is_carved, "score": one.points,
                }
                for one in found.assignments
            ],
            "unplaced": unplaced,
            "shares": [
                {
                    "unit_id": unit_id, "element": element, "pollutant": pollutant,
                    "before": effect.before, "after": effect.after,
                    "threshold": effect.threshold, "outcome": effect.outcome,
                }
                for (unit_id, element, pollutant), effect in found.shares.items()
            ],
            "gap": found.gap,
            "is_count_proven": found.is_count_proven,
            "conflicts": [_said(why, words) for why in found.conflicts],
        },
        sheets=(
            Sheet(words.text("sheet_place"), frame),
            Sheet(words.text("sheet_unplaced"), _unplaced_frame(unplaced, words)),
        ),
        titles=column_titles(words, ("platform_name", "unit_name", "why")),
        summary=(
            words.text("summary_place", placed=placed, unplaced=len(unplaced)),
            words.text("summary_place_gap", gap=percent(found.gap) or words.text("no_value")),
            words.text("summary_place_proven" if found.is_count_proven else "summary_place_open"),
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


def _unplaced_frame(rows: Sequence[Mapping[str, object]], words: Catalogue) -> pd.DataFrame:
    listed = []
    for row in rows:
        reasons, gates = row["reasons"], row["gates"]
        said = [str(why["text"]) for why in reasons] if isinstance(reasons, list) else []
        counts = gates.items() if isinstance(gates, dict) else ()
        said += [f"{words.text(f'gate_{gate}')} {count}" for gate, count in counts]
        listed.append({"project_id": row["project_id"], "why": words.joined(said)})
    return pd.DataFrame(listed, columns=["project_id", "why"])


def _frame(context: Context, found: Placement) -> gpd.GeoDataFrame:
    platforms = context.source.read("major_platforms")
    names = dict(zip(platforms["platform_id"], platforms["name"], strict=True))
    units = unit_names(context)
    rows = [
        (
            one.project_id, one.site_id, names.get(one.platform_id or ""),
            units.get(one.unit_id or ""), one.area_mu, one.points, list(one.parcel_ids),
        )
        for one in found.assignments
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=[*ASSIGNMENT_COLUMNS, "parcel_ids"])
    shapes = [one.geometry for one in found.assignments]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=context.crs)
