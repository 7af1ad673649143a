"""One piece of land as a candidate for a project."""

from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from platforms.land.site_carving import CarvedSite

STANDARD_COLUMNS = (
    "investment_min_wan_yuan_per_mu",
    "output_min_wan_yuan_per_mu",
    "tax_min_wan_yuan_per_mu",
)
"""标准地 figures a parcel may state."""


@dataclass(frozen=True)
class Site:
    """One piece of land as a candidate, with what the layers say of it.

    Attributes
    ----------
    site_id
        Name of the block, or of the single parcel not ready yet.
    parcel_ids
        Its parcels (parts as ``id#1``).
    area_mu
        Ellipsoidal area [亩], blocking constraints taken off.
    blocked_mu
        Area taken off [亩].
    unit_id
        Unit under which it is assessed, None where it lies in none.
    platform_id
        Platform in whose outline with sub-parks its largest part lies, None where in none.
    main_platform_share, major_share
        Part of it in the outline of a major platform itself, and with sub-parks (0–1).
    zone_share
        Part of it in provincial-or-higher zones (0–1), None where the zones aren't known.
    states
        States of its parcels.
    land_uses
        Pairs of scheme and code; None stands for a parcel without one.
    utilities
        Utilities all its parcels have, None where a parcel states none.
    is_increment
        True where a parcel is new construction land, None where that isn't known.
    standards
        标准地 figures of its parcels [万元/亩], the strictest of each column.
    warnings, notices
        Names of the constraints of severity ``warn`` and ``info`` that it meets.
    facility_km
        Way to the nearest facility of each kind on file, as the crow flies [km].
    carved
        What it is carved from and what that leaves, None for a whole block or parcel.
    geometry
        Its shape, in the system of the layers.
    without_standards
        Its parcels that state no 标准地 figure at all.
    far_bounds
        Least and greatest floor-area ratio that all its parcels admit, None where not stated.
    allowed_industries
        Divisions that every parcel with a list admits, None where none has one.
    width_m, frontage_m
        Diameter of the largest inscribed circle, and boundary along roads [m]; None where it was
        not asked for, frontage also where no road is on file.
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

    @property
    def exit_km(self) -> float | None:
        """Way to the nearest expressway exit [km], None where none is on file."""
        return self.facility_km.get("expressway_exit")
