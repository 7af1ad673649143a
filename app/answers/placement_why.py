"""Why projects have no place, what mends it, and near-best placements, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from app.answers.answer import sheet_of
from app.context import Context, platform_names, unit_names
from app.messages import Catalogue
from geo.errors import MuPlanError
from layers.exchange.writers.sheet import Sheet
from platforms.placement.explain import Conflict, ExplainedRelaxation, LocksConflictError, Why
from platforms.placement.place import Placement, Wishes
from platforms.policy.verdict import Statement

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
