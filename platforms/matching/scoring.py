"""Criteria, scores, ranking."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Floats
from geo.units import compare, compare_all
from layers.fields import split_list
from platforms.elements.shares import ShareEffect, share_effect
from platforms.industries.codes import digits_of
from platforms.matching.gates import Judged
from platforms.matching.land_gates import (
    SUBJECTS,
    Asking,
    element_demands,
    quota_left,
    rule_in_pack,
)
from platforms.matching.site import SiteColumns, coded_of

BASIC_UTILITIES = frozenset({"road", "water", "power", "telecom", "gas", "levelled"})
"""五通一平, what a site is held against besides the utilities that the project names."""

PROMISES = {"A8": "output_min_wan_yuan_per_mu", "A9": "tax_min_wan_yuan_per_mu"}
"""Rules on yields per 亩, and the figure of a demand that is held against each."""

ShareKey = tuple[str, str, str | None]
"""Unit, element, pollutant."""


@dataclass(frozen=True)
class Surroundings:
    """What is known around the candidates.

    ``platforms``: Rows of ``major_platforms`` by id.
    ``tax_wan_yuan_per_mu``: Tax per 亩 of platforms [万元/亩]; those not known are left out.
    ``shares``: Rows of ``element_shares`` of the year by unit, element and pollutant.
    ``chain_proximity``: How near each platform, or none of them (None), is to the industry along
      the chains (0–1); those not known are left out.
    """

    platforms: Mapping[str, Mapping[Hashable, Any]]
    tax_wan_yuan_per_mu: Mapping[str, float]
    shares: Mapping[ShareKey, Mapping[str, object]]
    chain_proximity: Mapping[str | None, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """Everything that a criterion may look at.

    ``judged``: The candidates with the answers of their gates.
    ``asked``: What they are held against.
    ``around``: What is known around them.
    """

    judged: Judged
    asked: Asking
    around: Surroundings

    @property
    def columns(self) -> SiteColumns:
        """The candidates."""
        return self.judged.columns


CriterionRule = Callable[[Setting], Floats]


def criterion_values(setting: Setting) -> Floats:
    """Value every candidate by every criterion, whatever the weights.

    n × k, 0 to 1, NaN where an input is missing; columns in the order of the table.
    """
    names = list(setting.asked.table.weights)
    return np.column_stack([CRITERIA[name](setting) for name in names])


def _industry_fit(setting: Setting) -> Floats:
    """1 in a leading industry of the platform, 0.7 in a specialty, 0.3 else, 0 in no platform.

    Less where only group or division agree.
    """
    code = setting.asked.demand.industry_code

    def of(platform_id: Hashable) -> float:
        platform = setting.around.platforms.get(str(platform_id))
        if code is None:
            return np.nan
        if platform is None:
            return 0.0
        leading, special = platform["leading_industries"], platform["specialty_industries"]
        best = max(
            max((closeness(code, industry) for industry in split_list(leading)), default=0.0),
            max((0.7 * closeness(code, industry) for industry in split_list(special)), default=0.0),
        )
        if best > 0:
            return best
        return np.nan if pd.isna(leading) or pd.isna(special) else 0.3

    return setting.columns.coded["platform_id"].numbers(of)


def closeness(code: str, listed: str) -> float:
    """Compute how close an industry is to one that a platform lists, on fixed steps.

    ``code, listed``: Codes of GB/T 4754, two to four digits, with or without the letter of the
      section.

    1 where one holds the other, 0.9 in the same group, 0.8 in the same division, else 0.

    >>> closeness("C3973", "39"), closeness("3973", "3976"), closeness("3973", "3911")
    (1.0, 0.9, 0.8)
    """
    digits, listed_digits = digits_of(code), digits_of(listed)
    if digits.startswith(listed_digits) or listed_digits.startswith(digits):
        return 1.0
    if digits[:3] == listed_digits[:3]:
        return 0.9
    return 0.8 if digits[:2] == listed_digits[:2] else 0.0


def _chain(setting: Setting) -> Floats:
    """Return how near the firms of the platform stand along the chains, on fixed bounds."""
    known = setting.around.chain_proximity
    return setting.columns.coded["platform_id"].numbers(
        lambda platform_id: known.get(None if platform_id is None else str(platform_id), np.nan)
    )


def _land_fit(setting: Setting) -> Floats:
    """1 from the ideal to the most land; falls to 0.5 at the least, and with what is left over."""
    demand, area_mu = setting.asked.demand, setting.columns.legal_mu
    ideal, least = demand.land_wanted_mu, demand.land_min_mu
    most = demand.land_max_mu if demand.land_max_mu is not None else ideal
    short = compare_all(area_mu, ideal) < 0
    span = ideal - least if ideal > least else 1.0
    below = np.clip(0.5 + 0.5 * (area_mu - least) / span, 0.0, 1.0)
    over = compare_all(area_mu, most) > 0
    fit: Floats = np.where(short, below, np.where(over, most / np.maximum(area_mu, most), 1.0))
    return fit


def _share_effect(setting: Setting) -> Floats:
    """1 inside a provincial-or-higher zone; 0.5 outside while the share holds, 0 if it breaks."""
    inside = setting.columns.zone_share
    outcome = _effect_outcomes(setting)
    outside = np.where(outcome == 1, 0.5, np.where(outcome == 0, 0.0, np.nan))
    whole: Floats = np.where(inside >= 1, 1.0, inside + (1 - inside) * outside)
    return whole


def _effect_outcomes(setting: Setting) -> Floats:
    """Return whether the land share holds after each candidate: 1, 0, NaN where not known."""
    columns = setting.columns
    units = columns.coded["unit_id"]
    keys = coded_of(
        zip(
            units.place.tolist(), columns.zone_share.tolist(), columns.legal_mu.tolist(),
            strict=True,
        )
    )  # fmt: skip

    def of(key: Hashable) -> float:
        place, inside, added = cast("tuple[int, float, float]", key)
        row = setting.around.shares.get((str(units.values[place]), "land", None))
        if row is None or np.isnan(inside):
            return np.nan
        outcome = share_effect(row, added, inside).outcome
        return {"met": 1.0, "not_met": 0.0}.get(outcome, np.nan)

    return keys.numbers(of)


def effects(setting: Setting, position: int) -> dict[tuple[str, str | None], ShareEffect]:
    """Compute what the project would do to the shares of the unit of one candidate (B1).

    By element and pollutant, those that can be told; land counts with the legal area of the site,
    energy and emissions in the same proportion inside (S15).
    """
    site, demand = setting.columns.sites[position], setting.asked.demand
    if site.zone_share is None:
        return {}
    added: dict[tuple[str, str | None], float | None] = {
        ("land", None): site.legal_mu,
        ("energy", None): demand.energy_tce,
        **{("emission", name): amount for name, amount in demand.emissions_t or ()},
    }
    by_element = {}
    for key, amount in added.items():
        row = setting.around.shares.get((str(site.unit_id), *key))
        if row is not None and amount is not None:
            by_element[key] = share_effect(row, amount, site.zone_share)
    return by_element


def _efficiency(setting: Setting) -> Floats:
    """Tax per 亩 of the platform (亩均税收), 1 from the full figure on; nothing outside platforms.

    大项目向主平台集聚: what a platform yields counts in its favour.
    """
    full = setting.asked.table.efficiency_full_wan_yuan_per_mu

    def of(platform_id: Hashable) -> float:
        if platform_id is None:
            return 0.0
        present = setting.around.tax_wan_yuan_per_mu.get(str(platform_id))
        return np.nan if present is None else min(1.0, max(0.0, present / full))

    return setting.columns.coded["platform_id"].numbers(of)


def _promise(setting: Setting) -> Floats:
    """Return what the project promises per 亩 against A8 and A9: the mean part reached, at most 1.

    The same for every candidate; where no active pack holds them, nothing is asked.
    """
    promised = setting.asked.demand.per_mu_wan_yuan
    parts = []
    for rule_id, name in PROMISES.items():
        dated = rule_in_pack(setting.asked.policy, rule_id)
        if dated is None:
            continue
        value = promised[name]
        reached = np.nan if value is None else min(1.0, value / dated.rule.number)
        parts.append(reached)
    part = float(np.mean(parts)) if parts else 1.0
    return np.full(len(setting.columns), part)


def _infrastructure(setting: Setting) -> Floats:
    """Part of the utilities there, of those asked and those of 五通一平."""
    wanted = frozenset(setting.asked.demand.utilities_needed) | BASIC_UTILITIES

    def of(there: Hashable) -> float:
        return (
            np.nan if there is None else len(wanted & cast("frozenset[str]", there)) / len(wanted)
        )

    return setting.columns.coded["utilities"].numbers(of)


def _access(setting: Setting) -> Floats:
    """1 within the near distance of an expressway exit, 0 from the far one on."""
    table = setting.asked.table
    nowhere = np.full(len(setting.columns), np.nan)
    km = setting.columns.facility_km.get("expressway_exit", nowhere)
    span = table.access_far_km - table.access_near_km
    return np.clip((table.access_far_km - km) / span, 0.0, 1.0)


def _headroom(setting: Setting) -> Floats:
    """Part of the scarcest quota that the project leaves; 1 where it takes nothing."""
    columns, asked = setting.columns, setting.asked
    least = np.ones(len(columns))
    for element in ("land", "energy", "emission"):
        demands = element_demands(columns, asked, element)
        if demands is None:
            return np.full(len(columns), np.nan)
        for need in demands:
            for subject in SUBJECTS:
                headroom = quota_left(columns, asked, subject, need)
                with np.errstate(divide="ignore", invalid="ignore"):
                    spare = np.where(headroom > 0, 1 - need.amount / headroom, 0.0)
                spare = np.where(np.isnan(headroom) | np.isnan(need.amount), np.nan, spare)
                least = np.minimum(least, np.where(need.amount == 0, 1.0, np.clip(spare, 0, 1)))
    return least


def _remainder(setting: Setting) -> Floats:
    """1 where the rest of the block stays in one piece; less what is stranded.

    Half is lost with each listed size (B3, B4) that the rest could have kept.
    """
    wanted = setting.asked.demand.land_wanted_mu
    values = np.ones(len(setting.columns))
    for position, site in enumerate(setting.columns.sites):
        if site.carved is not None:
            carving, block_mu = site.carved.carving, site.carved.block_mu
            # Of a block no larger than the wish a piece beside another project may be taken.
            taken_mu = wanted if compare(block_mu, wanted) > 0 else carving.area_mu
            kept = carving.remainder_mu / (block_mu - taken_mu) if block_mu > taken_mu else 1.0
            values[position] = min(1.0, max(0.0, kept - 0.5 * carving.lines_missed))
    return values


def _wishes(setting: Setting) -> Floats:
    """Part of the targets and wishes that are met; 1 where there are none."""
    met, missed, unknown = (
        setting.judged.soft(outcome) for outcome in ("met", "not_met", "no_data")
    )
    part = met / np.maximum(met + missed, 1)
    values: Floats = np.where(unknown > 0, np.nan, np.where(met + missed == 0, 1.0, part))
    return values


CRITERIA: Mapping[str, CriterionRule] = MappingProxyType(
    {
        "industry_fit": _industry_fit,
        "chain": _chain,
        "land_fit": _land_fit,
        "share_effect": _share_effect,
        "efficiency": _efficiency,
        "promise": _promise,
        "headroom": _headroom,
        "infrastructure": _infrastructure,
        "access": _access,
        "remainder": _remainder,
        "wishes": _wishes,
    }
)
"""Every criterion by the name it has in the table."""


@dataclass(frozen=True)
class Criterion:
    """One part of a score.

    ``criterion``: Its name.
    ``value``: 0 to 1, None where its input is missing.
    ``weight``: Its weight.
    ``contribution``: Points it adds to the score of at most 100; 0 where it has no value.
    """

    criterion: str
    value: float | None
    weight: float
    contribution: float


@dataclass(frozen=True)
class Score:
    """A score with its parts (S19).

    ``low``: 0 to 100, each unknown criterion at its worst: the sum of the contributions.
    ``high``: 0 to 100, each unknown criterion at its best.
    ``confidence``: Part of the weight whose criteria have a value (0–1).
    ``criteria``: The parts, in the order of the table.
    """

    low: float
    high: float
    confidence: float
    criteria: tuple[Criterion, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Criteria of some weight without a value: what would narrow the score."""
        return tuple(p.criterion for p in self.criteria if p.value is None and p.weight > 0)


def contributions(values: Floats, weights: Floats) -> Floats:
    """Return the points that each criterion adds to the lower end.

    ``values``: n × k, 0 to 1, NaN where not known.

    n × k points, each row adding up to its lower end; 0 where not known.
    """
    points: Floats = 100 * np.where(np.isnan(values), 0.0, values) * weights / weights.sum()
    return points


def score_of(values: Floats, weights: Floats, names: tuple[str, ...]) -> Score:
    """Score one candidate.

    ``values, weights``: Of its k criteria; a value is NaN where not known.
    """
    known = ~np.isnan(values)
    points = contributions(values[None, :], weights)[0]
    parts = tuple(
        Criterion(name, float(value) if there else None, float(weight), float(contribution))
        for name, value, there, weight, contribution in zip(
            names, values, known, weights, points, strict=True
        )
    )
    low, high, confidence = (float(part[0]) for part in scores(values[None, :], weights))
    return Score(low, high, confidence, parts)


@dataclass(frozen=True)
class Ranking:
    """Scores and ranks of n candidates (S19).

    ``low, high``: 100 × Σ weight × value ÷ Σ weight (0–100), unknown values at 0 and at 1; arrays
      of n.
    ``confidence``: Part of the weight whose criteria have a value (0–1); array of n.
    ``rank``: Place by the lower end from 1 on, equal ones share one; array of n.
    ``order``: Positions by rank, of those that tie first the one that may come to more, then in the
      order they were given; array of n.
    """

    low: Floats
    high: Floats
    confidence: Floats
    rank: npt.NDArray[np.intp]
    order: npt.NDArray[np.intp]

    @property
    def contenders(self) -> npt.NDArray[np.intp]:
        """Positions that could stand before the first once all is known, in order."""
        if not len(self.order):
            return self.order
        least = self.low[self.order[0]]
        above = np.array([compare(float(high), float(least)) > 0 for high in self.high], dtype=bool)
        above[self.order[0]] = False
        ahead: npt.NDArray[np.intp] = self.order[above[self.order]]
        return ahead

    @property
    def has_preferred(self) -> bool:
        """Whether the first place is one whatever comes to be known: it may be called 首选."""
        if not len(self.order) or len(self.contenders):
            return False
        most = float(self.high[self.order[0]])
        return all(compare(float(low), most) < 0 for low in self.low[self.order[1:]])


def scores(values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Weigh values.

    ``values``: n × k, 0 to 1, NaN where not known.
    ``weights``: k weights of 0 and more, not all 0.

    Lower ends, upper ends and confidence, as in ``Ranking``.
    """
    known = ~np.isnan(values)
    whole = weights.sum()
    low = 100 * (np.where(known, values, 0.0) @ weights) / whole
    high = 100 * (np.where(known, values, 1.0) @ weights) / whole
    return low, high, (known @ weights) / whole


def rank(values: Floats, weights: Floats) -> Ranking:
    """Rank candidates by the lower ends of their scores.

    ``values``: n × k, 0 to 1, NaN where not known.
    ``weights``: k weights of 0 and more, not all 0.

    What isn't known never counts more than the same thing known:

    >>> rank(np.array([[0.5, 1.0], [0.5, np.nan]]), np.array([3.0, 1.0])).rank.tolist()
    [1, 2]
    """
    low, high, confidence = scores(values, weights)
    by_score = np.argsort(-low, kind="stable")
    places = np.empty(len(low), dtype=np.intp)
    places[by_score] = _places(low[by_score])
    order = np.lexsort((np.arange(len(low)), -np.round(high, 9), places))
    return Ranking(low, high, confidence, places, order)


def _places(falling: Floats) -> npt.NDArray[np.intp]:
    """Assign places to scores that fall: equal ones share one."""
    count = len(falling)
    starts = np.ones(len(falling), dtype=bool)
    if count:
        starts[1:count] = compare_all(falling[: count - 1], falling[1:count]) != 0
    # In a chain of near scores each is held against the first of its tie, not its neighbour.
    begins = np.flatnonzero(starts[:count])
    ends = np.append(begins[1:], count)
    is_chain = ends - begins > 1
    for begin, end in zip(begins[is_chain], ends[is_chain], strict=True):
        first = begin
        for at in range(begin + 1, end):
            if compare(falling[first], falling[at]) != 0:
                starts[at], first = True, at
    return np.maximum.accumulate(np.where(starts, np.arange(1, len(falling) + 1), 0))
