"""Pairs of projects that may be one: same investor, same content, same site; for a person to judge.

Nothing is merged. A pair is listed where two of the three agree or seem to, or where the investor
is certainly one; each of the three counts alike, and what only seems to agree counts half.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import pandas as pd

from layers.fields import split_list
from platforms.policy.dated import PolicySet
from platforms.projects.corrections import in_force
from platforms.projects.matter import Likeness, plain_name, same_content, same_investor
from platforms.projects.rows import Row, text_of
from platforms.statement import Statement, say

Signal = Literal["investor", "content", "site"]

POINTS: Mapping[Likeness, float] = MappingProxyType({"same": 1.0, "near": 0.5, "other": 0.0})
SIGNALS_WANTED = 2
TIMELINE = (
    "event_id", "project_id", "unit_id", "event_kind", "event_on", "entered_at", "entry_seq",
)  # fmt: skip


@dataclass(frozen=True)
class Conflict:
    """Two projects that may be one.

    Attributes
    ----------
    one, other
        Their rows, the one with the smaller number first.
    likeness
        How far each of the three agrees.
    score
        Part of the three that agree (0–1), what only seems to by half.
    reasons
        Why, one statement for each that agrees or seems to.
    """

    one: Row
    other: Row
    likeness: Mapping[Signal, Likeness]
    score: float
    reasons: tuple[Statement, ...]

    @property
    def project_ids(self) -> tuple[str, str]:
        """Numbers of the two."""
        return str(self.one["project_id"]), str(self.other["project_id"])

    @property
    def is_between_units(self) -> bool:
        """Whether two known units have one of them each."""
        units = {text_of(row, "unit_id") for row in (self.one, self.other)}
        return len(units) > 1 and None not in units


def conflicts(projects: pd.DataFrame, policy: PolicySet) -> tuple[Conflict, ...]:
    """List the pairs of projects that may be one.

    Parameters
    ----------
    projects
        Table ``projects``.
    policy
        Rules on the as-of date: S14 says how many digits of the industry code must agree.

    Returns
    -------
    tuple of Conflict
        The highest score first, then by number; phases of one project are no conflict, and none is
        listed where the packs have no S14.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; C5 嘉政办发〔2018〕52号 四（二）; S14.
    """
    if "S14" not in policy.pack.assumptions:
        return ()
    digits = int(policy.setting_number("S14", "same_industry_digits"))
    rows: list[Row] = list(projects.to_dict("records"))
    found = []
    for first, second in sorted(_candidates(rows)):
        pair = sorted((rows[first], rows[second]), key=lambda row: str(row["project_id"]))
        conflict = _judged(pair[0], pair[1], digits)
        if conflict is not None:
            found.append(conflict)
    return tuple(sorted(found, key=lambda one: (-one.score, one.project_ids)))


def timeline(conflict: Conflict, events: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give what happened to both projects of a pair, in the order in which it happened.

    Parameters
    ----------
    conflict
        The pair.
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO).

    Returns
    -------
    DataFrame
        Columns ``TIMELINE``; corrections applied, of one day in the order of entry.
    """
    past = in_force(events, as_of)
    return past.loc[past["project_id"].isin(conflict.project_ids), list(TIMELINE)]


def _candidates(rows: list[Row]) -> set[tuple[int, int]]:
    """Pair the rows that share an investor, by code, name or controller, or a parcel."""
    shared: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        firm, parent = (text_of(row, one) for one in ("credit_code", "parent_credit_code"))
        name = plain_name(text_of(row, "investor_name"))
        for kind, value in {("code", firm), ("code", parent), ("name", name)}:
            if value is not None:
                shared[kind, value].append(place)
        for parcel in set(split_list(row.get("parcel_ids"))):
            shared["parcel", parcel].append(place)
    return {pair for places in shared.values() for pair in combinations(places, 2)}


def _judged(one: Row, other: Row, digits: int) -> Conflict | None:
    roots = [text_of(row, "phase_of") or str(row["project_id"]) for row in (one, other)]
    if roots[0] == roots[1]:
        return None
    common = sorted(
        set(split_list(one.get("parcel_ids"))) & set(split_list(other.get("parcel_ids")))
    )
    found: dict[Signal, Likeness] = {
        "investor": same_investor(one, other),
        "content": same_content(one, other, digits),
        "site": "same" if common else "other",
    }
    agreeing = [signal for signal, likeness in found.items() if likeness != "other"]
    if len(agreeing) < SIGNALS_WANTED and found["investor"] != "same":
        return None
    reasons = []
    if found["investor"] != "other":
        reasons.append(
            say("conflict_investor" if found["investor"] == "same" else "conflict_investor_near")
        )
    if found["content"] != "other":
        reasons.append(
            say("conflict_content" if found["content"] == "same" else "conflict_content_near")
        )
    if common:
        reasons.append(say("conflict_site", parcels="、".join(common)))
    score = sum(POINTS[likeness] for likeness in found.values()) / len(found)
    return Conflict(one, other, MappingProxyType(found), score, tuple(reasons))
