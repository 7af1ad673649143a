"""Shares that bind a placement beside those of the year: cumulatively (B1) and by number (B2)."""

from collections.abc import Iterable, Mapping

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from platforms.elements.project_share import project_shares
from platforms.elements.shares import element_shares
from platforms.placement.limits import BY_NUMBER, CUMULATIVE
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource


def further_shares(
    source: LayerSource, project_ids: Iterable[str], year: int, policy: PolicySet, crs: CRS
) -> dict[tuple[str, str, str | None], Mapping[str, object]]:
    """Give the cumulative shares and the share by number, without the projects to be placed.

    Parameters
    ----------
    source
        The layers.
    project_ids
        Projects to be placed: counted with their new place, they would count twice.
    year
        The year.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    dict
        Rows by unit, element and pollutant: the element ends in ``_cumulative``, or is
        ``projects`` (B2). None where the packs don't hold the rules.
    """
    others, platforms, parks, parcels, units = (
        gpd.GeoDataFrame(source.read(name))
        for name in ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    )
    ids = list(project_ids)
    found: dict[tuple[str, str, str | None], Mapping[str, object]] = {}
    if policy.parts("B1"):
        own = others["project_id"].isin(ids).fillna(value=False).to_numpy(dtype=bool)
        shares = element_shares(others[~own], platforms, parks, parcels, units, year, policy, crs)
        wanted = shares[(shares["span"] == "cumulative") & (shares["boundary_basis"] == "in_use")]
        for row in _rows(wanted):
            element = f"{row['element']}{CUMULATIVE}"
            pollutant = row["pollutant"]
            found[str(row["unit_id"]), element, str(pollutant) if pollutant else None] = row
    if policy.parts("B2"):
        projects = source.read("projects")
        rest = projects[~projects["project_id"].isin(ids).fillna(value=False)]
        shares = project_shares(rest, platforms, parks, parcels, units, year, policy, crs)
        wanted = shares[shares["boundary_basis"] == "in_use"]
        found.update({(str(row["unit_id"]), BY_NUMBER, None): row for row in _rows(wanted)})
    return found


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
