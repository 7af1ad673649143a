"""How allotments are written down, one row per element, and which quotas stand behind them."""

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from layers.demo.elements import YEARS, Allotted
from layers.demo.recipe import Recipe

POLLUTANTS = ("化学需氧量", "氨氮", "氮氧化物")
EXACT_ENERGY_TCE, EXACT_EMISSION_T = 1500.0, 2.5


def allotment_rows(
    recipe: Recipe,
    allotted: list[Allotted],
    projects: dict[int, str],
    parcels: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Write the allotments as rows, one per element and pollutant.

    Parameters
    ----------
    recipe
        Units that have a row without land.
    allotted
        All allotments.
    projects
        Project of an allotment, by its position.
    parcels
        Layer ``land_parcels``.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``element_allotments``; a row has its shape, or the parcels it is taken from, or both;
        a few have neither.
    """
    ids = parcels["parcel_id"].to_numpy()
    areas = m2_to_mu(ellipsoidal_area_m2([a.shape for a in allotted], parcels.crs))
    shapeless = _shapeless(recipe, allotted)
    rows: list[dict[str, object]] = []
    for n, (a, area) in enumerate(zip(allotted, areas, strict=True)):
        chance = rng.random(3)
        only_parcel = a.is_whole and chance[0] < 0.3
        known = n not in shapeless
        base = {
            "unit_id": a.unit_id, "year": a.year, "allotted_on": a.allotted_on,
            "allotment_status": a.status, "is_industrial": a.is_industrial,
            "is_increment": a.is_increment,
            "declared_inside": a.is_inside if chance[1] > 0.05 else not a.is_inside,
            "project_id": projects.get(n),
            "parcel_ids": ";".join(ids[list(a.parcels)]) if a.is_whole and known else None,
            "geometry": a.shape if known and not only_parcel else None,
        }  # fmt: skip
        exact = a.unit_id == recipe.cases.share_exact_unit
        for suffix, amounts in _amounts(float(area), exact, rng):
            rows.append({"allotment_id": f"pz-{a.year}-{n:04d}-{suffix}", **base, **amounts})
    frame = pd.DataFrame(rows).assign(note="演示数据")
    geometry = frame.pop("geometry").to_numpy(dtype=object)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=parcels.crs)


def _shapeless(recipe: Recipe, allotted: list[Allotted]) -> set[int]:
    found = set()
    for unit_id, year in zip(recipe.cases.no_shape_units, YEARS, strict=True):
        found.add(
            next(n for n, a in enumerate(allotted) if a.unit_id == unit_id and a.year == year)
        )
    return found


def _amounts(
    area_mu: float, exact: bool, rng: np.random.Generator
) -> list[tuple[str, dict[str, object]]]:
    energy = EXACT_ENERGY_TCE if exact else round(area_mu * float(rng.uniform(25, 110)), 1)
    rows: list[tuple[str, dict[str, object]]] = [
        ("l", {"element": "land", "land_mu": area_mu}),
        ("e", {"element": "energy", "energy_tce": energy}),
    ]
    kinds = len(POLLUTANTS) if exact else int(rng.integers(1, len(POLLUTANTS) + 1))
    for number, pollutant in enumerate(POLLUTANTS[:kinds], start=1):
        tons = EXACT_EMISSION_T if exact else round(area_mu * float(rng.uniform(0.01, 0.12)), 3)
        rows.append(
            (f"p{number}", {"element": "emission", "pollutant": pollutant, "emission_t": tons})
        )
    return rows


def make_quotas(allotments: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the quotas: most leave some headroom, a few are used up.

    Parameters
    ----------
    allotments
        Layer ``element_allotments``.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
        Table ``element_quotas``, per unit, year, element and pollutant.
    """
    keys = ["unit_id", "year", "element", "pollutant"]
    amounts = ["land_mu", "energy_tce", "emission_t"]
    sums = (
        pd.DataFrame(allotments[keys + amounts])
        .groupby(keys, dropna=False, sort=True)[amounts].sum(min_count=1)
        .reset_index()
    )  # fmt: skip
    used = np.where(rng.random(len(sums)) < 0.06, 1.01, rng.uniform(0.55, 0.97, len(sums)))
    for name in amounts:
        sums[name] = (sums[name] / used).round(2)
    sums.insert(0, "quota_id", [f"zb-{n:04d}" for n in range(1, len(sums) + 1)])
    return sums.assign(note="演示数据")
