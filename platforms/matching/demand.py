"""What a project asks of land, industry and services."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from geo.nearest import nearest_name
from layers.fields import FIELDS
from platforms.errors import PlanningError
from platforms.matching.industry import check_industry

LARGEST_LAND_MU = 50_000.0
"""No site of more exists: the largest platforms have some 10 000 亩 to develop."""

BEGUN = ("started", "in_production")
"""Stages in which a project has its place."""


@dataclass(frozen=True)
class Demand:
    """A project in search of a place.

    Attributes
    ----------
    project_id, name
        Its number and name.
    category
        Category code, None where not stated.
    industry_code, industry_scheme
        GB/T 4754 code of two to four digits and its edition (None: 2017), None where not stated.
    land_min_mu, land_ideal_mu, land_max_mu
        Least, ideal and most land [亩]; ideal and most are None where not stated.
    width_min_m, frontage_min_m
        Least width of the land (diameter of the largest inscribed circle) and least boundary along
        roads [m], None where it asks for none.
    land_use_codes
        Land uses that fit; none given: those of its category.
    utilities_needed
        Utilities it cannot do without.
    facilities_max_km
        Kinds of facility, each with the farthest it may be as the crow flies [km].
    investment_yi_yuan, output_wan_yuan, tax_wan_yuan
        Investment [亿元], yearly output and tax [万元]; None where not stated.
    far
        Floor-area ratio promised, None where not stated.
    energy_tce
        Energy a year [吨标煤], None where not stated.
    emissions_t
        Pollutants, each with its amount a year [t]; empty: it emits none; None where not stated.
    is_expansion
        True for a general expansion of capacity, None where not stated.
    preferred_units, excluded_units
        Units it would like to go to, and those it must not go to.
    stage, start_planned_on, started_on
        Stage, and the days (ISO) it is to start and did start; None where not stated.

    Raises
    ------
    PlanningError
        ``demand_land_out_of_range``, ``demand_land_order``, ``demand_amount_negative``,
        ``demand_word_unknown`` for a utility or kind of facility, ``demand_unit_both`` for a unit
        preferred and excluded at once, and those of ``check_industry``.
    """

    project_id: str
    name: str
    category: str | None
    industry_code: str | None
    land_min_mu: float
    land_ideal_mu: float | None = None
    land_max_mu: float | None = None
    land_use_codes: tuple[str, ...] = ()
    utilities_needed: tuple[str, ...] = ()
    investment_yi_yuan: float | None = None
    output_wan_yuan: float | None = None
    tax_wan_yuan: float | None = None
    energy_tce: float | None = None
    is_expansion: bool | None = None
    excluded_units: tuple[str, ...] = ()
    preferred_units: tuple[str, ...] = ()
    industry_scheme: str | None = None
    width_min_m: float | None = None
    frontage_min_m: float | None = None
    far: float | None = None
    emissions_t: tuple[tuple[str, float], ...] | None = None
    facilities_max_km: tuple[tuple[str, float], ...] = ()
    stage: str | None = None
    start_planned_on: str | None = None
    started_on: str | None = None

    def __post_init__(self) -> None:
        self._check_land()
        self._check_amounts()
        known_words("utilities_needed", self.utilities_needed)
        known_words("facility_kind", (kind for kind, _ in self.facilities_max_km))
        for unit_id in self.preferred_units:
            if unit_id in self.excluded_units:
                raise PlanningError("demand_unit_both", project_id=self.project_id, unit_id=unit_id)
        if self.industry_code is not None:
            check_industry(self.industry_code, self.industry_scheme)

    def _check_land(self) -> None:
        steps = [self.land_min_mu, self.land_ideal_mu, self.land_max_mu]
        stated = [land for land in steps if land is not None]
        for land in stated:
            if not 0 < land <= LARGEST_LAND_MU:
                raise PlanningError(
                    "demand_land_out_of_range", project_id=self.project_id, land_mu=land,
                    most_mu=LARGEST_LAND_MU,
                )  # fmt: skip
        if stated != sorted(stated):
            raise PlanningError("demand_land_order", project_id=self.project_id)

    def _check_amounts(self) -> None:
        amounts = {
            name: getattr(self, name)
            for name in (
                "investment_yi_yuan", "output_wan_yuan", "energy_tce", "width_min_m",
                "frontage_min_m", "far",
            )
        }  # fmt: skip
        amounts |= {f"emissions_t:{name}": amount for name, amount in self.emissions_t or ()}
        amounts |= {f"facilities_max_km:{kind}": km for kind, km in self.facilities_max_km}
        for name, amount in amounts.items():
            if amount is not None and not 0 <= amount < math.inf:
                raise PlanningError(
                    "demand_amount_negative", project_id=self.project_id,
                    column=name.split(":")[0], value=amount,
                )  # fmt: skip

    @property
    def land_wanted_mu(self) -> float:
        """Land it would take of a large enough site [亩]: the ideal, else the least."""
        return self.land_ideal_mu if self.land_ideal_mu is not None else self.land_min_mu

    @property
    def per_mu_wan_yuan(self) -> dict[str, float | None]:
        """Promised per 亩 of the land wanted [万元/亩], by the 标准地 column it answers."""
        investment = self.investment_yi_yuan
        promised = {
            "investment_min_wan_yuan_per_mu": None if investment is None else investment * 10_000,
            "output_min_wan_yuan_per_mu": self.output_wan_yuan,
            "tax_min_wan_yuan_per_mu": self.tax_wan_yuan,
        }
        return {
            name: None if amount is None else amount / self.land_wanted_mu
            for name, amount in promised.items()
        }


def known_words(column: str, codes: Iterable[str]) -> None:
    """Refuse codes that a column doesn't know (``demand_word_unknown``, the nearest named)."""
    known = FIELDS[column].values
    for code in codes:
        if code not in known:
            raise PlanningError(
                "demand_word_unknown", column=column, value=code, nearest=nearest_name(code, known)
            )


def check_units(demand: Demand, unit_ids: Iterable[str]) -> None:
    """Refuse units that there are not.

    Parameters
    ----------
    demand
        What the project asks.
    unit_ids
        Ids of the layer ``units``; nothing can be said where it holds none.

    Raises
    ------
    PlanningError
        ``demand_unit_unknown``, the nearest named.
    """
    known = [str(unit_id) for unit_id in unit_ids]
    for unit_id in (*demand.preferred_units, *demand.excluded_units):
        if known and unit_id not in known:
            raise PlanningError(
                "demand_unit_unknown", project_id=demand.project_id, unit_id=unit_id,
                nearest=nearest_name(unit_id, known),
            )  # fmt: skip


def has_started(demand: Demand, as_of: str) -> bool:
    """Say whether a project started on or before a day, by its date or else its stage.

    Parameters
    ----------
    demand
        What the project asks.
    as_of
        The day (ISO).

    Returns
    -------
    bool
        True where it has its place already.
    """
    day = demand.started_on
    return day <= as_of if day is not None else demand.stage in BEGUN
