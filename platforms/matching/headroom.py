"""Gates of element headroom: what a project takes against what unit and platform have left.

A quota that is missing is named; a project that doesn't say what it takes is held against none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geo.units import compare_all
from layers.fields import FIELDS
from platforms.elements.placing import AMOUNT_COLUMNS
from platforms.elements.room import Subject
from platforms.matching.columns import Flags, Numbers, SiteColumns
from platforms.matching.gate import Answers, Asking, GateRule, Reason, everywhere
from platforms.matching.site import Site
from platforms.statement import Statement, say

SUBJECTS: tuple[Subject, ...] = ("unit", "platform")


@dataclass(frozen=True)
class Need:
    """What a project takes of one element.

    Attributes
    ----------
    element, pollutant
        The element.
    amount
        Of each candidate [亩, 吨标煤 or 吨], NaN where not known; array of n.
    """

    element: str
    pollutant: str | None
    amount: Numbers


def needs(columns: SiteColumns, asked: Asking, element: str) -> tuple[Need, ...] | None:
    """Say what a project takes of an element at each candidate.

    Parameters
    ----------
    columns
        The candidates.
    asked
        What they are held against.
    element
        ``land`` (increment alone: existing land takes no quota), ``energy`` or ``emission``.

    Returns
    -------
    tuple of Need or None
        One a pollutant for emissions; None where the project doesn't state it.
    """
    demand = asked.demand
    if element == "land":
        taken = np.minimum(demand.land_wanted_mu, columns.area_mu)
        return (Need("land", None, taken * columns.increment),)
    if element == "energy":
        if demand.energy_tce is None:
            return None
        return (Need("energy", None, np.full(len(columns), demand.energy_tce)),)
    if demand.emissions_t is None:
        return None
    return tuple(
        Need("emission", pollutant, np.full(len(columns), amount))
        for pollutant, amount in demand.emissions_t
    )


def left(columns: SiteColumns, asked: Asking, subject: Subject, need: Need) -> Numbers:
    """Give what is left of a quota at each candidate.

    Parameters
    ----------
    columns
        The candidates.
    asked
        What they are held against.
    subject
        Whose quota: the unit's or the platform's.
    need
        Element and pollutant.

    Returns
    -------
    array of float
        [亩, 吨标煤 or 吨]; NaN where the quota is missing or what is taken isn't known; infinite
        off every platform, and where no platform has a quota of the element at all.
    """
    key = need.element, need.pollutant
    is_kept = any(one[0] == subject and one[2:] == key for one in asked.rooms)

    def of(subject_id: object) -> float:
        if subject == "platform" and (subject_id is None or not is_kept):
            return np.inf
        room = asked.rooms.get((subject, str(subject_id), *key))
        return np.nan if room is None else room.left

    return columns.coded[f"{subject}_id"].numbers(of)


def headroom(element: str) -> GateRule:
    """Make the gate of an element.

    Parameters
    ----------
    element
        ``land``, ``energy`` or ``emission``.

    Returns
    -------
    GateRule
        Met where unit and platform have left what the project takes.
    """

    def gate(columns: SiteColumns, asked: Asking) -> Answers:
        stated = needs(columns, asked, element)
        if stated is None:
            return everywhere(columns, "no_data", say("need_not_stated", element=element))
        reasons = [Reason("met", lambda _: say("headroom_enough", element=element))]
        reason = np.zeros(len(columns), dtype=np.intp)
        failed = np.zeros(len(columns), dtype=bool)
        for need, subject in _pairs(stated):
            room = left(columns, asked, subject, need)
            short, unknown = _compared(need.amount, room)
            said = _Said(asked, subject, need)
            reasons += [Reason("no_data", said.open), Reason("not_met", said.short)]
            reason = np.where(unknown & (reason == 0), len(reasons) - 2, reason)
            reason = np.where(short & ~failed, len(reasons) - 1, reason)
            failed |= short
        return Answers(reason, tuple(reasons))

    return gate


def _pairs(stated: tuple[Need, ...]) -> Iterator[tuple[Need, Subject]]:
    return ((need, subject) for need in stated for subject in SUBJECTS)


def _compared(amount: Numbers, room: Numbers) -> tuple[Flags, Flags]:
    """Say where the room is too small, and where that isn't known; nothing taken needs no room."""
    known = ~np.isnan(amount) & ~np.isnan(room)
    over = compare_all(np.where(known, amount, 0.0), np.where(known, room, 0.0)) > 0
    return known & over & (amount > 0), ~known & (amount != 0)


@dataclass(frozen=True)
class _Said:
    """The sentences about one quota."""

    asked: Asking
    subject: Subject
    need: Need

    def short(self, site: Site) -> Statement:
        room = self.asked.rooms[self._key(site)]
        return say(
            "headroom_short", subject_id=self._subject_id(site), year=self.asked.year,
            element=self.need.element, pollutant=self.need.pollutant or "", left=room.left,
            quota=room.quota, need=self._amount(site), unit=self._unit,
        )  # fmt: skip

    def open(self, site: Site) -> Statement:
        element, pollutant = self.need.element, self.need.pollutant or ""
        where, year = self._subject_id(site), self.asked.year
        if getattr(site, f"{self.subject}_id") is None:
            return say("unit_not_known")
        room = self.asked.rooms.get(self._key(site))
        if room is None or np.isnan(room.quota):
            return say(
                "quota_missing", subject_id=where, year=year, element=element, pollutant=pollutant
            )
        if np.isnan(room.taken):
            return say(
                "quota_taken_unknown", subject_id=where, year=year, element=element,
                pollutant=pollutant,
            )  # fmt: skip
        return say("land_increment_unknown")

    def _key(self, site: Site) -> tuple[Subject, str, str, str | None]:
        return (self.subject, self._subject_id(site), self.need.element, self.need.pollutant)

    def _subject_id(self, site: Site) -> str:
        return str(getattr(site, f"{self.subject}_id"))

    def _amount(self, site: Site) -> float:
        demand = self.asked.demand
        if self.need.element == "land":
            return min(demand.land_wanted_mu, site.area_mu)
        return float(self.need.amount[0])

    @property
    def _unit(self) -> str:
        return FIELDS[AMOUNT_COLUMNS[self.need.element]].unit
