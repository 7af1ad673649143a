"""One piece of land, many as columns, land uses that fit."""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats, Positions
from geo.strict_yaml import Block, Fault, ValueFaultError, keys_of, read_block
from geo.tools import nearest_name
from layers.fields import FIELDS
from platforms.completeness import CoverageStatus
from platforms.errors import PolicyError
from platforms.land.site_carving import CarvedSite
from platforms.matching.demand import Demand
from platforms.policy.verdict import Basis

STANDARD_COLUMNS = (
    "investment_min_wan_yuan_per_mu",
    "output_min_wan_yuan_per_mu",
    "tax_min_wan_yuan_per_mu",
)
"""标准地 figures a parcel may state."""


TOLERANCE_MU = 0.0015
"""1 m²: what overlay of outlines digitised apart may leave over."""


StateDating = Literal["recent", "stale", "undated"]


@dataclass(frozen=True)
class KindFacts:
    """What is known of a place and one kind of constraint.

    ``coverage``: Whether what is on file of the kind covers the place.
    ``is_blocked``: Whether it takes land of the place.
    ``is_unclear``: Whether one meets the place of which nobody says whether it blocks.
    """

    coverage: CoverageStatus
    is_blocked: bool = False
    is_unclear: bool = False


@dataclass(frozen=True)
class Site:
    """One piece of land as a candidate, with what the layers say of it.

    ``site_id``: Name of the block, or of the single parcel not ready yet.
    ``parcel_ids``: Its parcels (parts as ``id#1``).
    ``area_mu``: Ellipsoidal area [亩], blocking constraints taken off.
    ``blocked_mu``: Area taken off [亩].
    ``unit_id``: Unit under which it is assessed, None where it lies in none.
    ``platform_id``: Platform in whose outline with sub-parks its largest part lies, None where in
      none.
    ``main_platform_share, major_share``: Part of it in the outline of a major platform itself,
      and with sub-parks (0–1).
    ``zone_share``: Part of it in provincial-or-higher zones (0–1), None where the zones aren't
      known.
    ``states``: States of its parcels.
    ``land_uses``: Pairs of scheme and code; None stands for a parcel without one.
    ``utilities``: Utilities all its parcels have, None where a parcel states none.
    ``is_increment``: True where a parcel is new construction land, None where that isn't known.
    ``standards``: 标准地 figures of its parcels [万元/亩], the strictest of each column.
    ``warnings, notices``: Names of the constraints of severity ``warn`` and ``info`` that it
      meets.
    ``facility_km``: Way to the nearest facility of each kind on file, as the crow flies [km].
    ``carved``: What it is carved from and what that leaves, None for a whole block or parcel.
    ``geometry``: Its shape, in the system of the layers.
    ``without_standards``: Its parcels that state no 标准地 figure at all.
    ``far_bounds``: Least and greatest floor-area ratio that all its parcels admit, None where not
      stated.
    ``allowed_industries``: Divisions that every parcel with a list admits, None where none has
      one.
    ``width_m, frontage_m``: Diameter of the largest inscribed circle, and boundary along roads
      [m]; None where it was not asked for, frontage also where no road is on file.
    ``kind_facts``: Pairs of kind of constraint and what is known of it here.
    ``blocked_by_kind``: Area under each kind that takes land [亩].
    ``is_major_open``: Whether land beyond ``major_share`` may lie in a sub-park that isn't drawn.
    ``state_dating``: Whether the states of its parcels are of a day, and recent enough (S21).
    ``excess_mu``: By how much registered areas of its parcels count beyond their shapes [亩].
    """

    site_id: str
    parcel_ids: tuple[str, ...]
    area_mu: float
    blocked_mu: float
    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    zone_share: float | None
    states: frozenset[str]
    land_uses: frozenset[tuple[str, str] | None]
    utilities: frozenset[str] | None
    is_increment: bool | None
    standards: Mapping[str, float]
    warnings: tuple[str, ...]
    facility_km: Mapping[str, float]
    carved: CarvedSite | None
    geometry: shapely.Geometry
    notices: tuple[str, ...] = ()
    without_standards: tuple[str, ...] = ()
    far_bounds: tuple[float | None, float | None] = (None, None)
    allowed_industries: frozenset[str] | None = None
    width_m: float | None = None
    frontage_m: float | None = None
    kind_facts: frozenset[tuple[str, KindFacts]] = frozenset()
    blocked_by_kind: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    excess_mu: float = 0.0
    state_dating: StateDating = "undated"
    is_major_open: bool = False

    @property
    def block_id(self) -> str:
        """The block that it is, or is carved from; a single parcel stands for itself."""
        return self.site_id if self.carved is None else self.carved.block_id

    @property
    def is_further_cut(self) -> bool:
        """Whether it is cut for several projects in one block, not the best of the block."""
        return self.carved is not None and self.carved.is_further

    @property
    def legal_mu(self) -> float:
        """Legal area [亩], which meets thresholds (S17)."""
        return self.area_mu + self.excess_mu


@dataclass(frozen=True)
class _Criterion:
    """One criterion of the file."""

    weight: float
    basis: Basis = "assumed"

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ValueFaultError(key="weight")


@dataclass(frozen=True)
class _Bounds:
    """The reference bounds of the file."""

    access_near_km: float
    access_far_km: float
    efficiency_full_wan_yuan_per_mu: float
    surplus_share: float

    def __post_init__(self) -> None:
        for key, value in asdict(self).items():
            if not value > 0:
                raise ValueFaultError(key=key)
        if not self.access_near_km < self.access_far_km:
            raise ValueFaultError(key="access_far_km")


@dataclass(frozen=True)
class MatchTable:
    """What a score is made of.

    ``weights``: Weight of each criterion, at least one above 0.
    ``access_near_km, access_far_km``: Distance to an expressway exit that scores full and nothing
      [km].
    ``efficiency_full_wan_yuan_per_mu``: Tax per 亩 of a platform that scores full [万元/亩].
    ``surplus_share``: Land beyond the wish that a project takes where it states no most, as a
      share of the wish.
    ``land_uses``: For each category the beginnings of fitting land-use codes, by scheme.
    """

    weights: Mapping[str, float]
    access_near_km: float
    access_far_km: float
    efficiency_full_wan_yuan_per_mu: float
    surplus_share: float
    land_uses: Mapping[str, Mapping[str, tuple[str, ...]]]

    def with_weights(self, weights: Mapping[str, float]) -> "MatchTable":
        """Return the same table with other weights (``criterion_unknown``, ``weights_empty``)."""
        for name in weights:
            if name not in self.weights:
                raise PolicyError(
                    "criterion_unknown", name=name, nearest=nearest_name(name, self.weights)
                )
        merged = {name: float(weights.get(name, 0.0)) for name in self.weights}
        if min(merged.values()) < 0 or not 0 < sum(merged.values()) < math.inf:
            raise PolicyError("weights_empty")
        return MatchTable(
            merged, self.access_near_km, self.access_far_km,
            self.efficiency_full_wan_yuan_per_mu, self.surplus_share, self.land_uses,
        )  # fmt: skip


def parse_match_table(text: str, criteria: tuple[str, ...]) -> MatchTable:
    """Read the table strictly.

    Parameters
    ----------
    text
        YAML of ``data/matching/criteria.yaml``.
    criteria
        Criteria that can be computed; the table names exactly these.

    Returns
    -------
    MatchTable
        The table.

    Raises
    ------
    PolicyError
        ``match_table_bad`` naming the key at fault.
    """
    top = read_block(text, "criteria", _table_error, ("criteria", "bounds", "land_uses"))
    section = top.block("criteria", criteria)
    weights = {
        name: section.block(name, keys_of(_Criterion)).fill(_Criterion).weight for name in criteria
    }
    bounds = top.block("bounds", keys_of(_Bounds)).fill(_Bounds)
    uses = top.block("land_uses", FIELDS["category"].values)
    fitting = {category: _uses(uses, category) for category in uses.nodes}
    return MatchTable(weights=weights, **asdict(bounds), land_uses=fitting)


def _uses(section: Block, category: str) -> Mapping[str, tuple[str, ...]]:
    """Read the land uses that fit a category: beginnings of codes by scheme."""
    schemes = section.block(category, FIELDS["land_use_scheme"].values)
    uses = {scheme: schemes.get(scheme, tuple[str, ...]) for scheme in schemes.nodes}
    for scheme, codes in uses.items():
        if not codes:
            raise schemes.fault("key_missing", scheme)
    return uses


def _table_error(fault: Fault) -> PolicyError:
    """Make the error of a fault of the table: it names the key within its section."""
    path = fault.path.removesuffix(".weight").split(".", 1)[-1]
    return PolicyError("match_table_bad", key=path or f"YAML:{fault.line}")


Uses = Mapping[str, tuple[str, ...]]


def fitting_uses(demand: Demand, table: MatchTable) -> Uses | None:
    """Return the beginnings of fitting codes, by scheme.

    ``demand``: What the project asks: its own codes (of the scheme MNR2023) go before its
      category.

    Beginnings by scheme; None where the project states neither codes nor a known category.
    """
    if demand.land_use_codes:
        return {"MNR2023": demand.land_use_codes}
    return table.land_uses.get(demand.category) if demand.category is not None else None


def use_fits(scheme: str, code: str, uses: Uses) -> bool:
    """Return whether a code of a scheme is among the fitting ones.

    ``uses``: What ``fitting_uses`` gives.

    True where the code begins with one of its scheme.

    See Also
    --------
    can_compare : whether anything is stated of the scheme at all.

    The same digits mean another thing in another scheme:

    >>> uses = {"MNR2023": ("1001",), "GBT21010": ("0601",)}
    >>> use_fits("MNR2023", "100102", uses), use_fits("MNR2023", "0601", uses)
    (True, False)
    """
    return code.startswith(uses.get(scheme, ()))


def can_compare(scheme: str, uses: Uses) -> bool:
    """Return whether a code of a scheme can be judged: codes of an unlisted scheme are unknown.

    ``uses``: What ``fitting_uses`` gives.

    True where fitting codes of the scheme are stated.

    >>> can_compare("GBT21010", {"MNR2023": ("1001",)})
    False
    """
    return scheme in uses


def may_be_used(parcels: pd.DataFrame, uses: Uses | None) -> pd.Series:
    """Return which parcels aren't plainly unfit: an unknown use is left to the gate.

    ``parcels``: Layer ``land_parcels``.
    ``uses``: What ``fitting_uses`` gives.

    False where scheme and code are stated, can be compared and don't fit, index of ``parcels``.
    """
    pairs = zip(parcels["land_use_scheme"], parcels["land_use_code"], strict=True)
    fits = [
        uses is None
        or pd.isna(scheme)
        or pd.isna(code)
        or not can_compare(str(scheme), uses)
        or use_fits(str(scheme), str(code), uses)
        for scheme, code in pairs
    ]
    return pd.Series(fits, index=parcels.index, dtype=bool)


@dataclass(frozen=True)
class Coded:
    """A fact that few values can have.

    ``place``: For each site the place of its value among ``values``; array of n.
    ``values``: The distinct values.
    """

    place: Positions
    values: tuple[Hashable, ...]

    def numbers(self, of: Callable[[Hashable], float]) -> Floats:
        """Reckon a number of each distinct value, and give each site its own."""
        return np.array([of(value) for value in self.values], dtype=float)[self.place]

    def ranks(self, of: Callable[[Hashable], int]) -> Positions:
        """Reckon a whole number of each distinct value, and give each site its own."""
        return np.array([of(value) for value in self.values], dtype=np.intp)[self.place]


@dataclass(frozen=True)
class SiteColumns:
    """The candidates, n of them.

    ``sites``: The candidates themselves.
    ``area_mu, legal_mu, blocked_mu, main_platform_share, major_share``: As in ``Site``.
    ``zone_share, width_m, frontage_m``: As in ``Site``, NaN where not known.
    ``increment``: 1 for new construction land, 0 for other, NaN where not known.
    ``facility_km``: Way to the nearest facility of each kind on file, NaN where there is none.
    ``coded``: Facts with few distinct values, by the name they have in ``Site``.
    """

    sites: Sequence[Site]
    area_mu: Floats
    legal_mu: Floats
    blocked_mu: Floats
    main_platform_share: Floats
    major_share: Floats
    zone_share: Floats
    width_m: Floats
    frontage_m: Floats
    increment: Floats
    facility_km: Mapping[str, Floats]
    coded: Mapping[str, Coded]

    def __len__(self) -> int:
        """Count the candidates."""
        return len(self.sites)

    @property
    def unit_ids(self) -> tuple[str | None, ...]:
        """Units that candidates lie in, None where some lie in none."""
        return tuple(
            None if unit_id is None else str(unit_id) for unit_id in self.coded["unit_id"].values
        )


CODED = (
    "states", "land_uses", "utilities", "unit_id", "platform_id", "far_bounds",
    "allowed_industries", "warnings", "notices", "kind_facts", "state_dating",
    "is_major_open",
)  # fmt: skip


def columns_of(sites: Sequence[Site]) -> SiteColumns:
    """Lay candidates out as columns.

    In the same order.
    """
    kinds = sorted({kind for site in sites for kind in site.facility_km})
    coded = {name: coded_of([getattr(site, name) for site in sites]) for name in CODED}
    coded["standards"] = coded_of([tuple(sorted(site.standards.items())) for site in sites])
    coded["without_standards"] = coded_of([bool(site.without_standards) for site in sites])
    return SiteColumns(
        sites=sites,
        area_mu=_numbers(site.area_mu for site in sites),
        legal_mu=_numbers(site.legal_mu for site in sites),
        blocked_mu=_numbers(site.blocked_mu for site in sites),
        main_platform_share=_numbers(site.main_platform_share for site in sites),
        major_share=_numbers(site.major_share for site in sites),
        zone_share=_numbers(site.zone_share for site in sites),
        width_m=_numbers(site.width_m for site in sites),
        frontage_m=_numbers(site.frontage_m for site in sites),
        increment=_numbers(site.is_increment for site in sites),
        facility_km={k: _numbers(site.facility_km.get(k) for site in sites) for k in kinds},
        coded=coded,
    )


def coded_of(values: Iterable[Hashable]) -> Coded:
    """Take the distinct values in the order they come."""
    seen: dict[Hashable, int] = {}
    place = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.intp)
    return Coded(place, tuple(seen))


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else float(value) for value in values], dtype=float)
