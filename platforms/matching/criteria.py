"""How well an admitted site suits a project: criteria on fixed reference bounds, 0 to 1.

A criterion whose input is missing has no value: the score is taken over those that have one, and
``confidence`` says what part of the weight they carry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from geo.units import compare
from layers.fields import split_list
from platforms.elements.effect import ShareEffect
from platforms.matching.demand import Demand
from platforms.matching.gates import division
from platforms.matching.sites import Site
from platforms.matching.table import MatchTable

BASIC_UTILITIES = frozenset({"road", "water", "power", "telecom", "gas", "levelled"})
"""五通一平, what a site is held against besides the utilities that the project names."""


@dataclass(frozen=True)
class Surroundings:
    """What is known around a site.

    Attributes
    ----------
    platform
        Row of its platform in ``major_platforms``, None where it lies in none.
    platform_tax_wan_yuan_per_mu
        Tax per 亩 of that platform [万元/亩], None where not known.
    effect
        Effect on the unit's land share, None where not known.
    """

    platform: pd.Series | None
    platform_tax_wan_yuan_per_mu: float | None
    effect: ShareEffect | None


@dataclass(frozen=True)
class Criterion:
    """One part of a score.

    Attributes
    ----------
    criterion
        Its name.
    value
        0 to 1, None where its input is missing.
    weight
        Its weight in the table.
    contribution
        Points it adds to the score of at most 100; 0 where it has no value.
    """

    criterion: str
    value: float | None
    weight: float
    contribution: float


@dataclass(frozen=True)
class Score:
    """A score with its parts.

    Attributes
    ----------
    score
        0 to 100, None where no criterion has a value.
    confidence
        Part of the weight whose criteria have a value (0–1).
    criteria
        The parts, in the order of the table.
    """

    score: float | None
    confidence: float
    criteria: tuple[Criterion, ...]


def score(site: Site, demand: Demand, around: Surroundings, table: MatchTable) -> Score:
    """Score a site for a project.

    Parameters
    ----------
    site
        The candidate.
    demand
        What the project asks.
    around
        What is known of its platform and its unit's share.
    table
        Weights and reference bounds.

    Returns
    -------
    Score
        100 × Σ weight × value ÷ Σ weight, over the criteria that have a value.
    """
    values = {name: CRITERIA[name](site, demand, around, table) for name in table.weights}
    known = sum(table.weights[name] for name, value in values.items() if value is not None)
    total = sum(table.weights.values())
    parts = tuple(
        Criterion(
            name, value, table.weights[name],
            0.0 if value is None or known == 0 else 100 * table.weights[name] * value / known,
        )
        for name, value in values.items()
    )  # fmt: skip
    points = sum(part.contribution for part in parts) if known > 0 else None
    return Score(points, known / total, parts)


def _clamp(value: float) -> float:
    return min(1.0, max(0.0, value))


def _industry_fit(
    site: Site, demand: Demand, around: Surroundings, table: MatchTable
) -> float | None:
    """1 in a leading industry of the platform, 0.7 in a specialty, 0.3 else, 0 in no platform."""
    if demand.industry_code is None:
        return None
    if around.platform is None:
        return 0.0
    industry = division(demand.industry_code)
    leading = around.platform["leading_industries"]
    special = around.platform["specialty_industries"]
    if industry in map(division, split_list(leading)):
        return 1.0
    if industry in map(division, split_list(special)):
        return 0.7
    return None if pd.isna(leading) or pd.isna(special) else 0.3


def _land_fit(site: Site, demand: Demand, around: Surroundings, table: MatchTable) -> float | None:
    """1 from the ideal to the most land; falls to 0.5 at the least, and with what is left over."""
    ideal = demand.land_wanted_mu
    most = demand.land_max_mu if demand.land_max_mu is not None else ideal
    if compare(site.area_mu, ideal) < 0:
        return _clamp(
            0.5 + 0.5 * (site.area_mu - demand.land_min_mu) / (ideal - demand.land_min_mu)
        )
    return 1.0 if compare(site.area_mu, most) <= 0 else most / site.area_mu


def _share_effect(
    site: Site, demand: Demand, around: Surroundings, table: MatchTable
) -> float | None:
    """1 inside a provincial-or-higher zone; 0.5 outside while the share holds, 0 if it breaks."""
    if site.zone_share is None:
        return None
    if around.effect is None or around.effect.outcome == "no_data":
        return None if site.zone_share < 1 else 1.0
    outside = 0.5 if around.effect.outcome == "met" else 0.0
    return site.zone_share + (1 - site.zone_share) * outside


def _efficiency(
    site: Site, demand: Demand, around: Surroundings, table: MatchTable
) -> float | None:
    """0.5 where the project yields as much tax per 亩 as its platform, 1 with a full lead."""
    promised = demand.per_mu_wan_yuan["tax_min_wan_yuan_per_mu"]
    present = around.platform_tax_wan_yuan_per_mu
    if promised is None or present is None:
        return None
    return _clamp(0.5 + 0.5 * (promised - present) / table.efficiency_span_wan_yuan_per_mu)


def _infrastructure(
    site: Site, demand: Demand, around: Surroundings, table: MatchTable
) -> float | None:
    """Part of the utilities there, of those asked and those of 五通一平."""
    if site.utilities is None:
        return None
    wanted = frozenset(demand.utilities_needed) | BASIC_UTILITIES
    return len(wanted & site.utilities) / len(wanted)


def _access(site: Site, demand: Demand, around: Surroundings, table: MatchTable) -> float | None:
    """1 within the near distance of an expressway exit, 0 from the far one on."""
    if site.exit_km is None:
        return None
    span = table.access_far_km - table.access_near_km
    return _clamp((table.access_far_km - site.exit_km) / span)


def _remainder(site: Site, demand: Demand, around: Surroundings, table: MatchTable) -> float | None:
    """1 where the rest of the block stays in one piece; less what is stranded.

    Half is lost with each listed size (B3, B4) that the rest could have kept.
    """
    if site.carved is None:
        return 1.0
    carving = site.carved.carving
    spared = site.carved.block_mu - demand.land_wanted_mu
    return _clamp(carving.remainder_mu / spared - 0.5 * carving.lines_missed)


CRITERIA: Mapping[str, Callable[[Site, Demand, Surroundings, MatchTable], float | None]] = (
    MappingProxyType(
        {
            "industry_fit": _industry_fit,
            "land_fit": _land_fit,
            "share_effect": _share_effect,
            "efficiency": _efficiency,
            "infrastructure": _infrastructure,
            "access": _access,
            "remainder": _remainder,
        }
    )
)
"""Every criterion by the name it has in the table."""
