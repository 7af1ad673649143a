"""Many projects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import yaml

from app.answers.answer import Answer, column_titles
from app.answers.chains import platform_names
from app.answers.land import unit_names
from app.answers.matching import demand_in_ledger, percent, survey_of
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.tools import Progress, report, within
from layers.exchange.writers.sheet import Sheet
from platforms.elements.quotas import Headroom, QuotaKey
from platforms.ledger.visibility import require_city
from platforms.matching.demand import BEGUN, Demand, demand_of
from platforms.matching.match import MatchedSite, MatchResult, evaluate, ranked
from platforms.matching.site import MatchTable
from platforms.placement.explain import Conflict, LocksClashError, Relaxation, Why
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, ShareRows, further_shares
from platforms.placement.place import Placement, Unplaced, Wishes, place
from platforms.policy.verdict import Statement


def search_summary(found: Placement, wishes: Wishes, words: Catalogue) -> tuple[str, ...]:
    """Say how good the answer is where the search was not carried to its end.

    That it is an estimate, that time ran out, that pairs were not looked at, among which sites
    reasons were searched for: what applies.
    """
    placed = len(found.assignments)
    most = placed + len(found.unplaced) if found.count_bound is None else found.count_bound
    said = []
    if wishes.is_quick:
        said.append(words.text("summary_place_quick", placed=placed, most=most))
    elif found.is_late:
        said.append(words.text("summary_place_late", placed=placed, most=most))
    if found.pairs_left:
        said.append(words.text("summary_place_pairs_left", count=found.pairs_left))
    if found.explained_within is not None:
        said.append(words.text("summary_place_within", best=found.explained_within))
    return tuple(said)


SHOWN_UNDECIDED = 3
"""So many undecided sites of a project are named, the best first."""

UNDECIDED_COLUMNS = ("project_id", "site_id", "platform_name", "area_mu", "missing")


def undecided_sites(
    results: Sequence[MatchResult], unplaced: Iterable[str], words: Catalogue
) -> dict[str, list[dict[str, object]]]:
    """Name the undecided sites of projects that have no admitted one.

    ``unplaced``: Projects without a place.

    By project its first undecided sites by score: ``site_id``, ``platform_id``, ``area_mu`` [亩],
    ``missing`` (each open gate in words). A project with an admitted site isn't listed: it stays
    out because of the others, not because something is missing.
    """
    wanted = set(unplaced)
    return {
        result.demand.project_id: [
            {
                "site_id": one.site.site_id, "platform_id": one.site.platform_id,
                "area_mu": one.site.area_mu, "missing": _missing(one, words),
            }
            for one in result.undecided[:SHOWN_UNDECIDED]
        ]
        for result in results
        if result.demand.project_id in wanted and not len(result.sites) and len(result.undecided)
    }  # fmt: skip


def _missing(one: MatchedSite, words: Catalogue) -> list[str]:
    return [
        words.text("placement_missing", gate=words.text(f"gate_{gate.gate}"),
                   why=words.say(gate.statement))
        for gate in one.reasons
    ]  # fmt: skip


def undecided_frame(
    undecided: Mapping[str, Sequence[Mapping[str, object]]],
    names: Mapping[str, str],
    words: Catalogue,
) -> pd.DataFrame:
    """List these sites, one a row; ``names`` are those of the platforms."""
    rows = [
        (
            project_id, one["site_id"], names.get(str(one["platform_id"])), one["area_mu"],
            words.joined(one["missing"] if isinstance(one["missing"], list) else ()),
        )
        for project_id, sites in undecided.items()
        for one in sites
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(UNDECIDED_COLUMNS))


Names = Mapping[str, str]
"""Names of units and platforms by id."""

SHOWN_MEMBERS = 30
"""A sentence names so many of what clashes; the lists hold them all."""

MEMBER_KEYS = frozenset(
    {
        "project_id",
        "site_id",
        "parcel_id",
        "block_id",
        "place_id",
        "unit_id",
        "element",
        "pollutant",
    }
)
"""What a member in the JSON tells of itself beside its text."""

WHY_TITLES = (
    "asked", "side", "member", "alternative", "loss", "from_site", "to_site", "other_project",
    "other_site", "never_changes",
)  # fmt: skip


class WordedLocksError(MuPlanError):
    """Locked pairs cannot hold together, in words; ``result`` is its JSON."""

    def __init__(self, count: int, members: str, mend: str, result: dict[str, object]) -> None:
        super().__init__("placement_locked_infeasible", count=count, members=members, mend=mend)
        self.result = result


def place_names(context: Context) -> dict[str, str]:
    """Give the names of units and platforms by id."""
    platforms = context.source.read("major_platforms")
    named = dict(zip(platforms["platform_id"], platforms["name"], strict=True))
    found = {**named, **unit_names(context)}
    return {key: name for key, name in found.items() if isinstance(name, str) and name}


def worded_locks(context: Context, error: LocksClashError) -> WordedLocksError:
    """Put into words which locked pairs cannot hold together."""
    words, names = context.words, place_names(context)
    row = why_row(error.why, words, names)
    conflict, relaxation = error.why.conflict, error.why.relaxation
    members = words.text("why_out_of_time")
    if conflict is not None:
        said = [_text(one.said, words, names) for one in conflict.members[:SHOWN_MEMBERS]]
        members = _listed(said, words)
    mend = words.text("why_no_mend_locks")
    if relaxation is not None and relaxation.changes:
        changes = _listed(_changes(relaxation, words, names), words)
        mend = words.text("why_mend_locks", changes=changes)
    return WordedLocksError(int(str(error.values["count"])), members, mend, row)


def why_row(why: Why | None, words: Catalogue, names: Names) -> dict[str, object]:
    """Give the JSON keys of one project: ``conflict``, ``relaxation``, ``given_up``, ``why``."""
    if why is None:
        return {"conflict": None, "relaxation": None, "given_up": None, "why": []}
    given = why.given_up
    return {
        "conflict": _conflict_row(why.conflict, words, names),
        "relaxation": _relaxation_row(why.relaxation, words, names),
        "given_up": given
        and {
            "project_ids": list(given.project_ids), "loss": given.loss,
            "is_score_only": given.is_score_only, "is_fewest_proven": given.is_fewest_proven,
        },
        "why": _sentences(why, words, names),
    }  # fmt: skip


def _conflict_row(
    conflict: Conflict | None, words: Catalogue, names: Names
) -> dict[str, object] | None:
    if conflict is None:
        return None
    members = []
    for one in conflict.members:
        row = {"kind": one.kind, "code": one.said.code, "text": _text(one.said, words, names)}
        ids = {key: value for key, value in one.said.values.items() if key in MEMBER_KEYS and value}
        members.append({**row, **ids})
    return {
        "members": members, "is_smallest_proven": conflict.is_smallest_proven,
        "is_minimal": conflict.is_minimal,
    }  # fmt: skip


def _relaxation_row(
    relaxation: Relaxation | None, words: Catalogue, names: Names
) -> dict[str, object] | None:
    if relaxation is None:
        return None
    return {
        "changes": [
            {
                "code": one.said.code, "limit": _text(one.limit, words, names),
                "text": _text(one.said, words, names), "amount": one.amount, "share": one.share,
            }
            for one in relaxation.changes
        ],
        "is_least_proven": relaxation.is_least_proven,
        "is_checked": relaxation.is_checked,
    }  # fmt: skip


def _changes(relaxation: Relaxation, words: Catalogue, names: Names) -> list[str]:
    said = []
    for one in relaxation.changes:
        text = _text(one.said, words, names)
        if one.said.code == "mend_other":
            text = f"{_text(one.limit, words, names)} {text}"
        said.append(text)
    return said


def _sentences(why: Why, words: Catalogue, names: Names) -> list[str]:
    if why.fits:
        return [words.text("why_fits")]
    said = []
    if why.conflict is None:
        said.append(words.text("why_out_of_time"))
    else:
        members = [_text(one.said, words, names) for one in why.conflict.members]
        more = ["…"] if len(members) > SHOWN_MEMBERS else []
        listed = _listed([*members[:SHOWN_MEMBERS], *more], words)
        said.append(words.text("why_conflict", size=len(members), members=listed))
        said.append(words.text(_proof(why.conflict)))
    if why.relaxation is not None and why.relaxation.changes:
        changes = _listed(_changes(why.relaxation, words, names), words)
        said.append(words.text("why_mend", changes=changes))
        if not why.relaxation.is_least_proven:
            said.append(words.text("why_mend_unproven"))
    elif why.relaxation is not None:
        said.append(words.text("why_no_mend"))
    if why.given_up is not None and why.given_up.project_ids:
        said.append(_given_up(why, words))
    return said


def _given_up(why: Why, words: Catalogue) -> str:
    given = why.given_up
    assert given is not None
    if given.is_score_only:
        return words.text("why_score_only", project_id=given.project_ids[0], change=-given.loss)
    listed = _listed(given.project_ids, words)
    return words.text("why_given_up", project_ids=listed, change=-given.loss)


def _proof(conflict: Conflict) -> str:
    if conflict.is_smallest_proven:
        return "why_smallest"
    return "why_minimal" if conflict.is_minimal else "why_unproven"


def _text(said: Statement, words: Catalogue, names: Names) -> str:
    """Put a statement into words, units and platforms by their names."""
    values = dict(said.values)
    for key in ("place_id", "unit_id"):
        if isinstance(values.get(key), str):
            values[key] = names.get(str(values[key]), values[key])
    return words.say(replace(said, values=values))


def _listed(texts: Sequence[str], words: Catalogue) -> str:
    return ("、" if words.language == "zh" else ", ").join(texts)


def explained_result(found: Placement, wishes: Wishes) -> dict[str, object]:
    """Give the JSON keys of near-best placements: ``alternatives``, ``swaps`` and their proof."""
    explained = found.explained
    placed = {one.project_id: one.site_id for one in found.assignments}
    alternatives = []
    for one in explained.alternatives:
        sites = {option.project_id: option.site_id for option in one.assignments}
        changes = [
            {"project_id": name, "site_id": placed.get(name), "new_site_id": sites.get(name)}
            for name in sorted({*placed, *sites})
            if placed.get(name) != sites.get(name)
        ]
        alternatives.append({"loss": one.loss, "placed": len(sites), "changes": changes})
    swaps = [
        {
            "project_ids": [one.project_id for one in pair.placed],
            "site_ids": [one.site_id for one in pair.placed],
            "new_site_ids": [one.site_id for one in pair.swapped], "loss": pair.loss,
        }
        for pair in explained.swaps
    ]  # fmt: skip
    return {
        "tolerance": wishes.tolerance, "alternatives": alternatives,
        "are_alternatives_proven": explained.are_alternatives_proven, "swaps": swaps,
    }  # fmt: skip


def why_sheets(
    found: Placement, result: Mapping[str, object], words: Catalogue, names: Names
) -> tuple[Sheet, ...]:
    """Give the lists of conflicts and what mends them, near-best placements, and swaps."""
    changes, swaps = [], []
    alternatives, pairs = result["alternatives"], result["swaps"]
    assert isinstance(alternatives, list)
    assert isinstance(pairs, list)
    for number, one in enumerate(alternatives, start=1):
        changes += [
            (number, one["loss"], c["project_id"], c["site_id"], c["new_site_id"])
            for c in one["changes"]
        ]
    for pair in pairs:
        (first, second), (site, other) = pair["project_ids"], pair["site_ids"]
        swaps.append((first, site, second, other, pair["loss"]))
    lists = (
        ("sheet_place_conflicts", ("asked", "side", "member"), _conflict_rows(found, words, names)),
        (
            "sheet_place_alternatives",
            ("alternative", "loss", "asked", "from_site", "to_site"),
            changes,
        ),
        ("sheet_place_swaps", ("asked", "from_site", "other_project", "other_site", "loss"), swaps),
    )
    return tuple(
        Sheet(words.text(name), pd.DataFrame(rows, columns=list(columns)))
        for name, columns, rows in lists
    )


def _conflict_rows(found: Placement, words: Catalogue, names: Names) -> list[tuple[str, str, str]]:
    rows = []
    for one in found.unplaced:
        why = one.why
        if why is None:
            continue
        members = () if why.conflict is None else why.conflict.members
        parts = {
            "conflict": [_text(member.said, words, names) for member in members],
            "relaxation": [] if why.relaxation is None else _changes(why.relaxation, words, names),
            "given_up": [] if why.given_up is None else list(why.given_up.project_ids),
        }
        rows += [
            (one.project_id, words.text(f"part_{side}"), text)
            for side, texts in parts.items() for text in texts
        ]  # fmt: skip
    return rows


def never_changes_words(found: Placement, words: Catalogue) -> list[str]:
    """Say of each assignment whether near-best placements all have it."""
    stable = found.explained.stable
    said = {True: words.text("never_true"), False: words.text("never_false"), None: words.text("no_value")}  # noqa: E501  # fmt: skip
    return [said[stable.get(one.project_id)] for one in found.assignments]


def why_summary(found: Placement, wishes: Wishes, words: Catalogue) -> tuple[str, ...]:
    """Sum up in words what was found beside the placement; nothing where it wasn't asked."""
    if not wishes.explains or not (found.assignments or found.unplaced):
        return ()
    said = []
    reasons = [one.why for one in found.unplaced if one.why is not None]
    conflicts = [why.conflict for why in reasons if why.conflict is not None]
    if reasons:
        mended = sum(why.relaxation is not None and bool(why.relaxation.changes) for why in reasons)
        proven = sum(one.is_smallest_proven for one in conflicts)
        said.append(
            words.text("summary_why", count=len(conflicts), proven=proven, mended=mended)
        )  # fmt: skip
    explained = found.explained
    known = [explained.stable.get(one.project_id) for one in found.assignments]
    if known:
        said.append(
            words.text(
                "summary_stable", tolerance=wishes.tolerance, never=known.count(True),
                can=known.count(False), unknown=known.count(None),
            )
        )  # fmt: skip
    losses = [one.loss for one in explained.alternatives]
    if losses:
        said.append(
            words.text(
                "summary_alternatives", count=len(losses), loss=min(losses),
                swaps=len(explained.swaps),
            )
        )  # fmt: skip
    return tuple(said)


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

    ``asked``: ``all`` for those of the ledger not begun; a ``.json`` or ``.yaml`` list of
      demands; else a text file with one project number a line.

    The demands, and those of the ledger that cannot be read.

    Raises MuPlanError: ``placement_no_project``, ``placement_file_unreadable``, those of
    ``demand_in_ledger``.
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

    ``results``: What matching found for each project, in the order asked.
    ``rooms``: Quotas beside the projects' own allotments.
    ``shares``: Shares of B1 (of the year, cumulatively) and B2 beside them.
    """

    results: tuple[MatchResult, ...]
    rooms: Mapping[QuotaKey, Headroom]
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
    return Matched(tuple(results), survey.quotas.headrooms_of_all(ids), shares)


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

    ``found``: What goes where.
    ``results``: What matching found for each project: names the undecided sites of those without
      a place.

    JSON keys ``assignments``, ``unplaced``, ``shares``, ``gap``, ``is_count_proven``, ``is_late``,
    ``count_bound``, ``bound``, ``pairs_left``, ``explained_within``, ``conflicts``, ``tolerance``,
    ``alternatives``, ``are_alternatives_proven``, ``swaps``.
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
