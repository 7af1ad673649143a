"""Many projects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles, sheet_of
from app.answers.imports import NoPlainTextError, read_plain_file
from app.answers.matching import (
    Matched,
    demand_in_ledger,
    percent,
    undecided_frame,
    undecided_sites,
)
from app.context import Context, platform_names, unit_names
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.limits import LARGEST_BYTES
from layers.exchange.writers.sheet import Sheet
from platforms.ledger.visibility import require_city
from platforms.matching.demand import BEGUN, Demand, demand_of
from platforms.matching.match import MatchResult
from platforms.placement.explain import Conflict, ExplainedRelaxation, LocksConflictError, Why
from platforms.placement.limits import (
    BY_NUMBER,
    CUMULATIVE,
    FURTHER_CUT_POINTS,
    SMALLEST_OVERLAP_M2,
)
from platforms.placement.place import Placement, Unplaced, Wishes, place
from platforms.policy.verdict import Statement


def search_summary(placement: Placement, wishes: Wishes, words: Catalogue) -> tuple[str, ...]:
    """Say how good the answer is where the search was not carried to its end.

    That it is an estimate, that time ran out, that pairs were not looked at, among which sites
    reasons were searched for: what applies.
    """
    placed = len(placement.assignments)
    most = (
        placed + len(placement.unplaced) if placement.count_bound is None else placement.count_bound
    )
    sentences = []
    if wishes.is_quick:
        sentences.append(words.text("summary_place_quick", placed=placed, most=most))
    elif placement.is_late:
        sentences.append(words.text("summary_place_late", placed=placed, most=most))
    if placement.pairs_left:
        sentences.append(words.text("summary_place_pairs_left", count=placement.pairs_left))
    if placement.explained_within is not None:
        sentences.append(words.text("summary_place_within", best=placement.explained_within))
    return tuple(sentences)


Names = Mapping[str, str]
"""Names of units and platforms by id."""

SHOWN_MEMBERS = 30
"""A sentence names so many of what clashes; the lists hold them all."""

MEMBER_KEYS = frozenset((
    "project_id", "site_id", "parcel_id", "block_id", "place_id", "unit_id", "element",
    "pollutant",
))  # fmt: skip
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
    return {**platform_names(context), **unit_names(context)}


def worded_locks(context: Context, error: LocksConflictError) -> WordedLocksError:
    """Put into words which locked pairs cannot hold together."""
    words, names = context.words, place_names(context)
    row = why_row(error.why, words, names)
    conflict, relaxation = error.why.conflict, error.why.relaxation
    members = words.text("why_out_of_time")
    if conflict is not None:
        texts = [
            _text(member.statement, words, names) for member in conflict.members[:SHOWN_MEMBERS]
        ]
        members = _listed(texts, words)
    mend = words.text("why_no_mend_locks")
    if relaxation is not None and relaxation.changes:
        changes = _listed(_changes(relaxation, words, names), words)
        mend = words.text("why_mend_locks", changes=changes)
    return WordedLocksError(int(str(error.values["count"])), members, mend, row)


def why_row(why: Why | None, words: Catalogue, names: Names) -> dict[str, object]:
    """Give the JSON keys of one project: ``conflict``, ``relaxation``, ``given_up``, ``why``."""
    if why is None:
        return {"conflict": None, "relaxation": None, "given_up": None, "why": []}
    given_up = why.given_up
    return {
        "conflict": _conflict_row(why.conflict, words, names),
        "relaxation": _relaxation_row(why.relaxation, words, names),
        "given_up": given_up
        and {
            "project_ids": list(given_up.project_ids), "loss": given_up.loss,
            "is_score_only": given_up.is_score_only, "is_fewest_proven": given_up.is_fewest_proven,
        },
        "why": _sentences(why, words, names),
    }  # fmt: skip


def _conflict_row(
    conflict: Conflict | None, words: Catalogue, names: Names
) -> dict[str, object] | None:
    if conflict is None:
        return None
    members = []
    for member in conflict.members:
        row = {
            "kind": member.kind,
            "code": member.statement.code,
            "text": _text(member.statement, words, names),
        }
        ids = {
            key: value
            for key, value in member.statement.values.items()
            if key in MEMBER_KEYS and value
        }
        members.append({**row, **ids})
    return {
        "members": members, "is_smallest_proven": conflict.is_smallest_proven,
        "is_minimal": conflict.is_minimal,
    }  # fmt: skip


def _relaxation_row(
    relaxation: ExplainedRelaxation | None, words: Catalogue, names: Names
) -> dict[str, object] | None:
    if relaxation is None:
        return None
    return {
        "changes": [
            {
                "code": change.statement.code,
                "limit": _text(change.limit, words, names),
                "text": _text(change.statement, words, names),
                "amount": change.amount,
                "share": change.share,
            }
            for change in relaxation.changes
        ],
        "is_least_proven": relaxation.is_least_proven,
        "is_checked": relaxation.is_checked,
    }


def _changes(relaxation: ExplainedRelaxation, words: Catalogue, names: Names) -> list[str]:
    texts = []
    for change in relaxation.changes:
        text = _text(change.statement, words, names)
        if change.statement.code == "mend_other":
            text = f"{_text(change.limit, words, names)} {text}"
        texts.append(text)
    return texts


def _sentences(why: Why, words: Catalogue, names: Names) -> list[str]:
    if why.fits:
        return [words.text("why_fits")]
    sentences = []
    if why.conflict is None:
        sentences.append(words.text("why_out_of_time"))
    else:
        members = [_text(member.statement, words, names) for member in why.conflict.members]
        more = ["…"] if len(members) > SHOWN_MEMBERS else []
        listed = _listed([*members[:SHOWN_MEMBERS], *more], words)
        sentences.append(words.text("why_conflict", size=len(members), members=listed))
        sentences.append(words.text(_proof(why.conflict)))
    if why.relaxation is not None and why.relaxation.changes:
        changes = _listed(_changes(why.relaxation, words, names), words)
        sentences.append(words.text("why_mend", changes=changes))
        if not why.relaxation.is_least_proven:
            sentences.append(words.text("why_mend_unproven"))
    elif why.relaxation is not None:
        sentences.append(words.text("why_no_mend"))
    if why.given_up is not None and why.given_up.project_ids:
        sentences.append(_given_up(why, words))
    return sentences


def _given_up(why: Why, words: Catalogue) -> str:
    given_up = why.given_up
    assert given_up is not None
    if given_up.is_score_only:
        return words.text(
            "why_score_only", project_id=given_up.project_ids[0], change=-given_up.loss
        )
    listed = _listed(given_up.project_ids, words)
    return words.text("why_given_up", project_ids=listed, change=-given_up.loss)


def _proof(conflict: Conflict) -> str:
    if conflict.is_smallest_proven:
        return "why_smallest"
    return "why_minimal" if conflict.is_minimal else "why_unproven"


def _text(statement: Statement, words: Catalogue, names: Names) -> str:
    """Put a statement into words, units and platforms by their names."""
    values = dict(statement.values)
    for key in ("place_id", "unit_id"):
        if isinstance(values.get(key), str):
            values[key] = names.get(str(values[key]), values[key])
    return words.say(replace(statement, values=values))


def _listed(texts: Sequence[str], words: Catalogue) -> str:
    return ("、" if words.language == "zh" else ", ").join(texts)


def explained_result(placement: Placement, wishes: Wishes) -> dict[str, object]:
    """Give the JSON keys of near-best placements: ``alternatives``, ``swaps`` and their proof."""
    explained = placement.explained
    placed = {assignment.project_id: assignment.site_id for assignment in placement.assignments}
    alternatives = []
    for alternative in explained.alternatives:
        sites = {option.project_id: option.site_id for option in alternative.assignments}
        changes = [
            {"project_id": name, "site_id": placed.get(name), "new_site_id": sites.get(name)}
            for name in sorted({*placed, *sites})
            if placed.get(name) != sites.get(name)
        ]
        alternatives.append({"loss": alternative.loss, "placed": len(sites), "changes": changes})
    swaps = [
        {
            "project_ids": [assignment.project_id for assignment in pair.placed],
            "site_ids": [assignment.site_id for assignment in pair.placed],
            "new_site_ids": [assignment.site_id for assignment in pair.swapped], "loss": pair.loss,
        }
        for pair in explained.swaps
    ]  # fmt: skip
    return {
        "tolerance": wishes.tolerance, "alternatives": alternatives,
        "are_alternatives_proven": explained.are_alternatives_proven, "swaps": swaps,
    }  # fmt: skip


def why_sheets(
    placement: Placement, result: Mapping[str, object], words: Catalogue, names: Names
) -> tuple[Sheet, ...]:
    """Give the lists of conflicts and what mends them, near-best placements, and swaps."""
    changes, swaps = [], []
    alternatives, pairs = result["alternatives"], result["swaps"]
    assert isinstance(alternatives, list)
    assert isinstance(pairs, list)
    for number, alternative in enumerate(alternatives, start=1):
        changes += [
            (number, alternative["loss"], c["project_id"], c["site_id"], c["new_site_id"])
            for c in alternative["changes"]
        ]
    for pair in pairs:
        (first, second), (site, other) = pair["project_ids"], pair["site_ids"]
        swaps.append((first, site, second, other, pair["loss"]))
    lists = (
        ("place_conflicts", ("asked", "side", "member"), _conflict_rows(placement, words, names)),
        ("place_alternatives", ("alternative", "loss", "asked", "from_site", "to_site"), changes),
        ("place_swaps", ("asked", "from_site", "other_project", "other_site", "loss"), swaps),
    )
    return tuple(
        sheet_of(words, name, pd.DataFrame(rows, columns=list(columns)))
        for name, columns, rows in lists
    )


def _conflict_rows(
    placement: Placement, words: Catalogue, names: Names
) -> list[tuple[str, str, str]]:
    rows = []
    for project in placement.unplaced:
        why = project.why
        if why is None:
            continue
        members = () if why.conflict is None else why.conflict.members
        parts = {
            "conflict": [_text(member.statement, words, names) for member in members],
            "relaxation": [] if why.relaxation is None else _changes(why.relaxation, words, names),
            "given_up": [] if why.given_up is None else list(why.given_up.project_ids),
        }
        rows += [
            (project.project_id, words.text(f"part_{side}"), text)
            for side, texts in parts.items() for text in texts
        ]  # fmt: skip
    return rows


def never_changes_words(placement: Placement, words: Catalogue) -> list[str]:
    """Say of each assignment whether near-best placements all have it."""
    stable = placement.explained.stable
    answers = {True: words.text("never_true"), False: words.text("never_false"), None: words.text("no_value")}  # noqa: E501  # fmt: skip
    return [answers[stable.get(assignment.project_id)] for assignment in placement.assignments]


def why_summary(placement: Placement, wishes: Wishes, words: Catalogue) -> tuple[str, ...]:
    """Sum up in words what was found beside the placement; nothing where it wasn't asked."""
    if not wishes.explains or not (placement.assignments or placement.unplaced):
        return ()
    sentences = []
    reasons = [project.why for project in placement.unplaced if project.why is not None]
    conflicts = [why.conflict for why in reasons if why.conflict is not None]
    if reasons:
        mended = sum(why.relaxation is not None and bool(why.relaxation.changes) for why in reasons)
        proven = sum(conflict.is_smallest_proven for conflict in conflicts)
        sentences.append(
            words.text("summary_why", count=len(conflicts), proven=proven, mended=mended)
        )  # fmt: skip
    explained = placement.explained
    known = [explained.stable.get(assignment.project_id) for assignment in placement.assignments]
    if known:
        sentences.append(
            words.text(
                "summary_stable", tolerance=wishes.tolerance, never=known.count(True),
                can=known.count(False), unknown=known.count(None),
            )
        )  # fmt: skip
    losses = [alternative.loss for alternative in explained.alternatives]
    if losses:
        sentences.append(
            words.text(
                "summary_alternatives", count=len(losses), loss=min(losses),
                swaps=len(explained.swaps),
            )
        )  # fmt: skip
    return tuple(sentences)


Refused = Mapping[str, MuPlanError]
"""Projects whose demand cannot be read, each with what is wrong."""

PLACED_OR_OVER = (*BEGUN, "ended")
"""Stages in which no place is looked for."""

ASSIGNMENT_COLUMNS = (
    "project_id", "project_name", "site_id", "platform_name", "unit_name", "area_mu", "legal_mu",
    "score",
)  # fmt: skip
SHARE_COLUMNS = (
    "unit_name", "span", "element_name", "pollutant", "placed_before_share", "placed_after_share",
    "placed_least_share", "outcome",
)  # fmt: skip
LEFTOVER_COLUMNS = ("parcel_id", "site_id", "left_mu", "largest_mu", "too_small")
TITLED = (
    "left_mu", "largest_mu", "too_small", "project_name", "platform_name", "unit_name",
    "element_name", "why", "missing", "placed_before_share", "placed_after_share",
    "placed_least_share", "outcome",
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
        is_list = path.suffix.lower() in (".json", ".yaml", ".yml")
        rows = read_plain_file(path) if is_list else _words_of(path)
    except (OSError, ValueError, NoPlainTextError) as error:
        raise MuPlanError("placement_file_unreadable", path=asked) from error
    if not isinstance(rows, list):
        raise MuPlanError("placement_file_unreadable", path=asked)
    if not rows:
        raise MuPlanError("placement_no_project")
    read = [
        demand_of(r) if isinstance(r, dict) else demand_in_ledger(context, str(r)) for r in rows
    ]
    return list({demand.project_id: demand for demand in read}.values()), {}


def _words_of(path: Path) -> list[str]:
    if path.stat().st_size > LARGEST_BYTES:
        raise MuPlanError("yaml_too_large", path=path.name, limit_kb=LARGEST_BYTES // 1000)
    return path.read_text(encoding="utf-8-sig").split()


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
    except LocksConflictError as error:
        raise worded_locks(context, error) from error


def placement_answer(
    context: Context,
    placement: Placement,
    refused: Refused,
    wishes: Wishes,
    asked: str,
    results: Sequence[MatchResult] = (),
) -> Answer:
    """Answer ``place``: what goes where, and why some projects go nowhere.

    ``placement``: What goes where.
    ``results``: What matching found for each project: names the undecided sites of those without
      a place.

    JSON keys ``assignments``, ``unplaced``, ``shares``, ``gap``, ``is_count_proven``, ``is_late``,
    ``count_bound``, ``bound``, ``pairs_left``, ``explained_within``, ``proven_over``,
    ``conflicts``, ``overlap_tolerance_m2``, ``leftovers``, ``tolerance``,
    ``alternatives``, ``are_alternatives_proven``, ``swaps``.
    """
    words, names = context.words, place_names(context)
    explained = explained_result(placement, wishes)
    undecided = undecided_sites(
        results, [project.project_id for project in placement.unplaced], words
    )
    unplaced = _unplaced_rows(placement, refused, words, names)
    for row in unplaced:
        row["undecided"] = undecided.get(str(row["project_id"]), [])
    frame = _frame(context, placement)
    sites = undecided_frame(undecided, platform_names(context), words)
    return Answer(
        title=words.text("title_place"),
        parameters=_parameters(wishes, asked),
        result={
            "assignments": _assignment_rows(placement),
            "unplaced": unplaced,
            "shares": _share_rows(placement),
            "gap": placement.gap,
            "is_count_proven": placement.is_count_proven,
            "is_late": placement.is_late,
            "count_bound": placement.count_bound,
            "bound": placement.bound,
            "pairs_left": placement.pairs_left,
            "explained_within": placement.explained_within,
            "proven_over": {**_over(placement), "bounded": placement.proven_over.bounded},
            "conflicts": [_reason_row(why, words) for why in placement.conflicts],
            "overlap_tolerance_m2": SMALLEST_OVERLAP_M2,
            "leftovers": _leftover_rows(placement),
            **explained,
        },
        sheets=(
            sheet_of(words, "place", frame),
            sheet_of(words, "unplaced", _unplaced_frame(context, unplaced)),
            sheet_of(words, "undecided", sites),
            sheet_of(words, "shares_after", _share_frame(context, placement)),
            sheet_of(words, "leftovers", _leftover_frame(placement, words)),
            *why_sheets(placement, explained, words, names),
        ),
        titles=column_titles(words, (*TITLED, *WHY_TITLES)),
        summary=(
            *_summary(placement, wishes, len(unplaced), words),
            *_assumed_quotas(results, words),
        ),
        screen=pd.DataFrame(frame)[list(ASSIGNMENT_COLUMNS)],
    )


def _assumed_quotas(results: Sequence[MatchResult], words: Catalogue) -> tuple[str, ...]:
    """Say where quotas of an earlier year stand in for those of the year."""
    assumed = {
        (result.year, key[2], room.assumed_from)
        for result in results[:1]
        for key, room in result.evaluation.setting.asked.rooms.items()
        if room.assumed_from is not None
    }
    return tuple(
        words.text(
            "quotas_assumed", year=year, element=words.word("element", element), quota_year=before
        )
        for year, element, before in sorted(assumed)
    )


def _parameters(wishes: Wishes, asked: str) -> dict[str, object]:
    return {
        "projects": asked, "gap": wishes.gap, "deadline_s": wishes.deadline_s,
        "locked": [list(pair) for pair in wishes.locked],
        "excluded": [list(pair) for pair in wishes.excluded],
        "quick": wishes.is_quick,
    }  # fmt: skip


def _assignment_rows(placement: Placement) -> list[dict[str, object]]:
    stable = placement.explained.stable
    return [
        {
            "project_id": assignment.project_id, "platform_id": assignment.platform_id,
            "unit_id": assignment.unit_id, "site_id": assignment.site_id,
            "parcel_ids": list(assignment.parcel_ids), "area_mu": assignment.area_mu,
            "legal_mu": assignment.legal_mu,
            "carved": assignment.is_carved, "further_cut": assignment.is_further_cut,
            "block_id": assignment.block_id, "score": assignment.score,
            "points": assignment.points,
            "never_changes": stable.get(assignment.project_id),
        }
        for assignment in placement.assignments
    ]  # fmt: skip


def _share_rows(placement: Placement) -> list[dict[str, object]]:
    return [
        {
            "unit_id": unit_id, **_share_named(element), "pollutant": pollutant,
            "before": effect.before, "after": effect.after,
            "threshold": effect.threshold, "outcome": effect.outcome,
        }
        for (unit_id, element, pollutant), effect in placement.shares.items()
    ]  # fmt: skip


def _summary(
    placement: Placement, wishes: Wishes, unplaced_count: int, words: Catalogue
) -> tuple[str, ...]:
    placed = len(placement.assignments)
    return (
        words.text("summary_place", placed=placed, unplaced=unplaced_count),
        words.text(
            "summary_place_gap",
            gap=percent(placement.gap) or words.text("no_value"),
            cut_points=FURTHER_CUT_POINTS,
        ),
        *_proof_said(placement, words),
        *search_summary(placement, wishes, words),
        *why_summary(placement, wishes, words),
    )


def _proof_said(placement: Placement, words: Catalogue) -> tuple[str, ...]:
    """Say what is proven and of which candidates, and what was checked of the land given."""
    codes = ["summary_place_open", "summary_place_over"]
    if placement.is_count_proven:
        codes = ["summary_place_proven" + "_bounded" * placement.proven_over.bounded]
    sentences = [words.text(code, **_over(placement)) for code in codes]
    if placement.assignments and not placement.conflicts:
        sentences.append(words.text("summary_place_overlap", tolerance_m2=SMALLEST_OVERLAP_M2))
    if placement.leftovers:
        sentences.append(
            words.text(
                "summary_leftovers", count=len(placement.leftovers),
                left_mu=sum(left.left_mu for left in placement.leftovers),
                small=sum(left.is_too_small for left in placement.leftovers),
                least_mu=placement.leftovers[0].least_mu,
            )
        )  # fmt: skip
    return tuple(sentences)


def _over(placement: Placement) -> dict[str, int]:
    over = placement.proven_over
    return {
        "candidates": over.candidates, "per_project": over.per_project, "sites": over.sites,
        "carved_sites": over.carved_sites, "left_out": over.left_out,
    }  # fmt: skip


def _leftover_rows(placement: Placement) -> list[dict[str, object]]:
    return [
        {
            "parcel_id": left.parcel_id, "site_ids": list(left.site_ids), "left_mu": left.left_mu,
            "largest_mu": left.largest_mu, "least_mu": left.least_mu,
            "is_too_small": left.is_too_small,
        }
        for left in placement.leftovers
    ]  # fmt: skip


def _leftover_frame(placement: Placement, words: Catalogue) -> pd.DataFrame:
    rows = [
        (
            left.parcel_id, words.joined(left.site_ids), left.left_mu, left.largest_mu,
            words.text("leftover_small", least_mu=left.least_mu) if left.is_too_small
            else words.text("leftover_usable"),
        )
        for left in placement.leftovers
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(LEFTOVER_COLUMNS))


def _unplaced_rows(
    placement: Placement, refused: Refused, words: Catalogue, names: Names
) -> list[dict[str, object]]:
    """Give the projects without a place, those whose demand can't be read last."""
    rows = [
        {**_unplaced_row(project, words), **why_row(project.why, words, names)}
        for project in placement.unplaced
    ]
    return rows + [
        {"project_id": name, "reasons": [{"code": error.code, "text": words.error(error)}],
         "gates": {}, **why_row(None, words, names)}
        for name, error in refused.items()
    ]  # fmt: skip


def _reason_row(why: Statement, words: Catalogue) -> dict[str, object]:
    return {"code": why.code, "text": words.say(why)}


def _unplaced_row(unplaced: Unplaced, words: Catalogue) -> dict[str, object]:
    return {
        "project_id": unplaced.project_id,
        "reasons": [_reason_row(why, words) for why in unplaced.reasons],
        "gates": dict(unplaced.gates),
    }


def _unplaced_frame(context: Context, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    words, projects = context.words, project_names(context)
    listed = []
    for row in rows:
        reasons, gates = row["reasons"], row["gates"]
        reasons_said = [str(why["text"]) for why in reasons] if isinstance(reasons, list) else []
        counts = gates.items() if isinstance(gates, dict) else ()
        reasons_said += [f"{words.gate(gate)} {count}" for gate, count in counts]
        why = row["why"]
        reasons_said += [str(sentence) for sentence in why] if isinstance(why, list) else []
        name = projects.get(str(row["project_id"]))
        listed.append((row["project_id"], name, words.joined(reasons_said)))
    return pd.DataFrame(listed, columns=["project_id", "project_name", "why"])


def _share_frame(context: Context, placement: Placement) -> pd.DataFrame:
    """List the shares that the assignments touch, before and after."""
    words, units = context.words, unit_names(context)
    rows = [
        (
            units.get(unit_id, unit_id), words.text(f"span_{share['span']}"),
            words.text("element_projects") if element == BY_NUMBER
            else words.word("element", share["element"]), pollutant,
            effect.before, effect.after, effect.threshold, words.text(f"outcome_{effect.outcome}"),
        )
        for (unit_id, element, pollutant), effect in placement.shares.items()
        for share in (_share_named(element),)
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
    named_projects = projects[projects["name"].notna()]
    return dict(
        zip(
            named_projects["project_id"].astype(str),
            named_projects["name"].astype(str),
            strict=True,
        )
    )


def _frame(context: Context, placement: Placement) -> gpd.GeoDataFrame:
    names, units, projects = platform_names(context), unit_names(context), project_names(context)
    rows = [
        (
            assignment.project_id,
            projects.get(assignment.project_id),
            assignment.site_id,
            names.get(assignment.platform_id or ""),
            units.get(assignment.unit_id or ""),
            assignment.area_mu,
            assignment.legal_mu,
            assignment.score,
            list(assignment.parcel_ids),
        )
        for assignment in placement.assignments
    ]
    frame = pd.DataFrame(rows, columns=[*ASSIGNMENT_COLUMNS, "parcel_ids"])
    frame["never_changes"] = never_changes_words(placement, context.words)
    shapes = [assignment.geometry for assignment in placement.assignments]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=context.crs)
