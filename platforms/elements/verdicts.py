"""What the 70 % rule says of each unit, element and year (B1)."""

from collections.abc import Sequence

import pandas as pd

from geo.units import compare
from platforms.elements.shares import rule_of
from platforms.judge import judge
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

NAMED_ALLOTMENTS = 5
"""A sentence names this many allotments; the row has them all."""


def share_verdicts(
    shares: pd.DataFrame, policy: PolicySet, unit_ids: Sequence[str]
) -> list[Verdict]:
    """Turn shares into verdicts.

    Parameters
    ----------
    shares
        What ``element_shares`` gives.
    policy
        Rules on the as-of date, the same that the shares were computed with.
    unit_ids
        Units to judge.

    Returns
    -------
    list of Verdict
        One a unit, element (emission rights by pollutant: part ``emission:COD``) and year, and a
        cumulative one (part ``land_cumulative``). They stand on the outline in use; the share by
        the approved outline stands in the reasons.
    """
    in_use = shares[shares["boundary_basis"] == "in_use"]
    approved = shares[shares["boundary_basis"] == "approved"]
    beside = {_key(row): row for _, row in approved.iterrows()}
    return [
        _verdict(row, beside.get(_key(row)), policy)
        for unit_id in unit_ids
        for _, row in in_use[in_use["unit_id"] == unit_id].iterrows()
    ]


def _verdict(row: pd.Series, approved: pd.Series | None, policy: PolicySet) -> Verdict:
    dated = rule_of(policy, row["element"], row["span"])
    pollutant = row["pollutant"]
    return judge(
        dated,
        None if pd.isna(row["share"]) else float(row["share"]),
        unit_id=str(row["unit_id"]),
        year=None if pd.isna(row["year"]) else int(row["year"]),
        outcome=row["outcome"],
        part=dated.rule.part if pd.isna(pollutant) else f"{dated.rule.part}:{pollutant}",
        evidence=_evidence(row),
        reasons=(*_bounds(row), *_room(row), *_repair(row), *approved_beside(row, approved)),
    )


def _evidence(row: pd.Series) -> tuple[Evidence, ...]:
    layer = "element_allotments"
    found = [Evidence(layer, tuple(row["allotment_ids"]))] if row["allotment_ids"] else []
    declared = tuple(row["declared_but_outside"])
    if declared:
        said = say("share_declared_but_outside", count=len(declared))
        found.append(Evidence(layer, declared, said))
    by_code: dict[str, list[str]] = {}
    for allotment_id, code in row["open_points"]:
        by_code.setdefault(code, []).append(allotment_id)
    found += [
        Evidence(layer, tuple(rows), say(code, count=len(rows))) for code, rows in by_code.items()
    ]
    return tuple(found)


def _bounds(row: pd.Series) -> list[Statement]:
    if pd.isna(row["share_low"]) or pd.isna(row["share_high"]):
        return [say("share_nothing_allotted", open_count=len(row["open_points"]))]
    if not pd.isna(row["share"]):
        return []
    low, high = float(row["share_low"]), float(row["share_high"])
    count = len(row["open_points"])
    if row["outcome"] == "no_data":
        return [say("share_undecided", low_share=low, high_share=high, open_count=count)]
    return [say("share_decided_by_bounds", low_share=low, high_share=high, open_count=count)]


def _room(row: pd.Series) -> list[Statement]:
    if row["outcome"] == "met" and not pd.isna(row["headroom"]):
        return [say("share_headroom", amount=float(row["headroom"]), unit=row["unit"])]
    if row["outcome"] == "not_met" and not pd.isna(row["need_inside"]):
        return [say("share_need_inside", amount=float(row["need_inside"]), unit=row["unit"])]
    return []


def _repair(row: pd.Series) -> list[Statement]:
    """Say what the share comes to once all that is planned is made, and how to mend it."""
    planned, after = row["planned_share"], row["repair_share"]
    if pd.isna(planned):
        return []
    ids = row["repair_allotment_ids"]
    if ids:
        names = ", ".join(ids[:NAMED_ALLOTMENTS])
        return [
            say(
                "share_repair", planned_share=float(planned), count=len(ids), rows=names,
                after_share=float(after),
            )
        ]  # fmt: skip
    if compare(float(after), float(row["threshold"])) < 0:
        return [say("share_beyond_repair", planned_share=float(planned), after_share=float(after))]
    return [say("share_with_planned", planned_share=float(planned))]


def approved_beside(row: pd.Series, approved: pd.Series | None) -> list[Statement]:
    """Say what the share is by the approved outline, above all where the verdict differs."""
    if approved is None or pd.isna(approved["share_low"]):
        return []
    low, high = float(approved["share_low"]), float(approved["share_high"])
    if row["basis_differs"]:
        return [say("share_approved_differs", low_share=low, high_share=high)]
    return [say("share_approved_beside", low_share=low, high_share=high)]


def _key(row: pd.Series) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in ("unit_id", "year", "span", "element", "pollutant"))
