"""Which columns the public and other units may see."""

from types import MappingProxyType

import geopandas as gpd

from layers.contracts import contract_of

PUBLIC_COLUMNS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "units": ("name", "unit_kind"),
        "major_platforms": (
            "name", "level", "town", "leading_industries", "specialty_industries",
            "industry_scheme", "leading_chains", "approved_area_mu",
        ),
        "land_parcels": (
            "land_use_code", "land_use_scheme", "utilities", "far_min", "far_max",
        ),
        "barriers": ("name", "barrier_class"),
        "facilities": ("name", "facility_kind"),
    }
)  # fmt: skip
"""Columns by layer. No row number of a layer is among them: one leads to whatever else is on file
under it."""

PUBLIC_CODES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "barrier_class": ("expressway", "railway", "trunk_road", "trunk_river"),
        "facility_kind": ("expressway_exit", "port", "rail_station"),
    }
)
"""Kinds shown, where not all are: power and pipes are none for a map in anybody's hands."""

PUBLIC_FIGURES = (
    "area_mu", "net_area_mu", "net_largest_mu", "min_width_m", "frontage_m", "slope_mean_pct",
)  # fmt: skip
"""What is said of a piece of contiguous land, besides the columns of ``land_parcels``."""


def public_part(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take of a layer what may leave the house.

    Parameters
    ----------
    layer
        Name of the layer.
    frame
        Its rows.

    Returns
    -------
    GeoDataFrame
        Only public columns and the shape, only rows of public kinds that have a shape; rows are
        numbered anew. Nothing of a layer that isn't public.

    Examples
    --------
    >>> from shapely import Point
    >>> rows = gpd.GeoDataFrame(
    ...     {"facility_id": ["s-1", "s-2"], "name": ["甲", "乙"],
    ...      "facility_kind": ["port", "substation"]},
    ...     geometry=[Point(0, 0), Point(1, 1)], crs=4549)
    >>> public_part("facilities", rows)[["name", "facility_kind"]].to_numpy().tolist()
    [['甲', 'port']]
    """
    columns = PUBLIC_COLUMNS.get(layer, ())
    rows = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if not columns:
        rows = rows.iloc[:0]
    for column in columns:
        if column in PUBLIC_CODES:
            rows = rows[rows[column].isin(PUBLIC_CODES[column]).to_numpy(dtype=bool)]
    kept = [*(name for name in contract_of(layer).columns if name in columns), rows.geometry.name]
    return gpd.GeoDataFrame(rows[kept].reset_index(drop=True))


OPEN_STAGES = ("registered", "started", "in_production")
"""Stages at which units no longer compete for a project; before, it is only known to exist."""

OPEN_COLUMNS = MappingProxyType({
    "projects": (
        "project_id", "name", "unit_id", "category", "industry_code", "industry_scheme",
        "is_expansion", "investment_yi_yuan", "investment_yi_usd", "stage", "start_planned_on",
        "started_on", "platform_id", "parcel_ids", "project_code", "phase_of", "project_class",
        "is_fortune_500", "is_frontier", "is_representative", "is_mid_high_end", "is_flagship",
        "is_landmark", "reserve_level",
    ),
    "project_events": (
        "event_id", "project_id", "event_kind", "event_on", "entered_at", "entry_seq", "unit_id",
        "exit_reason", "planned_kind", "planned_on", "corrects", "corrected_on",
        "previous_sha256", "row_sha256",
    ),
    "element_allotments": (
        "allotment_id", "unit_id", "year", "element", "pollutant", "land_mu", "energy_tce",
        "emission_t", "allotted_on", "allotment_status", "is_industrial", "is_increment",
        "declared_inside", "platform_id", "park_id", "parcel_ids", "geometry",
    ),
})  # fmt: skip
"""Columns of a registered project, of its events, and of what a unit allotted to a project that is
only known to exist, that every unit may see."""

COMPARED_COLUMNS = (
    "project_id", "unit_id", "investor_name", "credit_code", "parent_credit_code",
    "industry_code", "industry_scheme", "product", "parcel_ids", "phase_of",
    "stage", "category", "investment_yi_yuan", "investment_yi_usd",
)  # fmt: skip
"""What two projects are compared by; who looks at the answer sees none of it."""
