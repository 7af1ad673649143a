"""Allotments and quotas."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import affinity

from geo.arrays import Positions, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from layers.demo.recipe import Recipe

YEARS = (2024, 2025)
LAST_DAY = {2024: 345, 2025: 290}
TAKEN_STATES = ("supplied", "under_construction", "in_production", "approved")
EXACT_INSIDE, EXACT_OUTSIDE = 7, 3
EXACT_SHARE, LOW_SHARE, USUAL_SHARES = 0.7, 0.6, (0.74, 0.93)
INSET = 0.97
"""Fitted sites stay clear of their neighbours."""

FITTING_STEPS = 8
MOST_PARCELS, NEIGHBOUR_M = 4, 2.5
EXTRAS = ("not_industrial", "planned")
"""Beside those that count: one that is not for industry, one only planned (in the last year)."""


@dataclass(frozen=True)
class Allotted:
    """One project's allotment of all elements.

    ``unit_id, year``: Whose, and when.
    ``parcels``: Positions of the parcels it is taken from.
    ``shape``: Land allotted; the parcels or a part of them.
    ``is_inside``: Whether the land lies in a provincial-or-higher zone.
    ``is_whole``: Whether it takes its parcels whole.
    ``status``: ``allotted`` or ``planned``.
    ``is_industrial, is_increment``: As in the layer.
    ``allotted_on``: ISO date, None where planned.
    """

    unit_id: str
    year: int
    parcels: tuple[int, ...]
    shape: shapely.Geometry
    is_inside: bool
    is_whole: bool
    status: str
    is_industrial: bool
    is_increment: bool
    allotted_on: str | None


def allot(
    recipe: Recipe,
    per_year: int,
    *,
    parcels: gpd.GeoDataFrame,
    qualified: shapely.Geometry,
    rng: np.random.Generator,
) -> list[Allotted]:
    """Choose the land allotted in each unit and year.

    ``parcels``: Layer ``land_parcels``.
    ``qualified``: Provincial-or-higher zones with their sub-parks.
    """
    shapes: Shapes = parcels.geometry.to_numpy()
    is_built = parcels["state"].isin(TAKEN_STATES).to_numpy()
    shapely.prepare(qualified)
    inside = is_built & shapely.contains(qualified, shapes)
    # Little land outside is built, so there any parcel that isn't on offer will do.
    offered = parcels["state"].isin(["cleared", "listed"]).to_numpy()
    outside = ~offered & shapely.disjoint(qualified, shapes)
    unit_of = parcels["unit_id"].to_numpy()
    allotments: list[Allotted] = []
    for unit_id in sorted(set(unit_of)):
        pools = [
            rng.permutation(np.flatnonzero(p & (unit_of == unit_id))) for p in (inside, outside)
        ]
        exact = unit_id == recipe.cases.share_exact_unit
        clusters = _clusters(shapes, pools[0], 1 if exact else MOST_PARCELS, rng)
        half = max(len(pools[1]) // len(YEARS), EXACT_OUTSIDE)
        for number, year in enumerate(YEARS):
            size = (EXACT_INSIDE if exact else per_year) + len(EXTRAS)
            size = min(size, len(clusters) // len(YEARS))
            year_of = _Year(unit_id, year, _share(recipe, unit_id, rng), exact)
            allotments += _allot_year(
                year_of, clusters[number * size : (number + 1) * size],
                np.roll(pools[1], -number * half)[:half], shapes, CRS(parcels.crs), rng,
            )  # fmt: skip
    return allotments


@dataclass(frozen=True)
class _Year:
    """One unit's year: the share wanted inside, and whether it must be met exactly."""

    unit_id: str
    year: int
    share: float
    is_exact: bool


def _clusters(
    shapes: Shapes, pool: Positions, most: int, rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """Group free parcels of a unit into sites of neighbours, each parcel once."""
    tree = shapely.STRtree(shapes[pool])
    free = dict.fromkeys(pool.tolist())
    clusters = []
    for seed in pool.tolist():
        if seed not in free:
            continue
        near = pool[tree.query(shapes[seed], "dwithin", distance=NEIGHBOUR_M)].tolist()
        wanted = int(rng.integers(1, most + 1))
        members = [seed, *(n for n in near if n in free and n != seed)][:wanted]
        for member in members:
            free.pop(member)
        clusters.append(tuple(sorted(members)))
    return clusters


def _share(recipe: Recipe, unit_id: str, rng: np.random.Generator) -> float:
    if unit_id == recipe.cases.share_exact_unit:
        return EXACT_SHARE
    return (
        LOW_SHARE if unit_id == recipe.cases.share_low_unit else float(rng.uniform(*USUAL_SHARES))
    )


def _allot_year(
    of: _Year,
    clusters: list[tuple[int, ...]],
    outside: Positions,
    shapes: Shapes,
    crs: CRS,
    rng: np.random.Generator,
) -> list[Allotted]:
    usual, extra = clusters[: -len(EXTRAS)], clusters[-len(EXTRAS) :]
    whole = np.array([shapely.union_all(shapes[list(c)]) for c in usual], dtype=object)
    enough = shapely.area(whole).sum() * (1 - of.share) / of.share
    chosen = int(np.searchsorted(np.cumsum(shapely.area(shapes[outside])) * INSET**2, enough)) + 1
    outs = outside[: EXACT_OUTSIDE if of.is_exact else chosen]
    sites_in, sites_out, is_whole = _fitted(whole, shapes[outs], of, crs)
    new_outside = bool(rng.random() < 0.5)

    def entry(members: tuple[int, ...], site: shapely.Geometry, is_inside: bool) -> Allotted:
        new = bool(rng.random() < 0.85) if is_inside else new_outside
        return Allotted(
            of.unit_id, of.year, members, site, is_inside, is_inside and is_whole, "allotted",
            True, new, _day(of.year, rng),
        )  # fmt: skip

    entries = [entry(c, site, True) for c, site in zip(usual, sites_in, strict=True)]
    entries += [entry((int(p),), site, False) for p, site in zip(outs, sites_out, strict=True)]
    for members, kind in zip(extra, EXTRAS, strict=True):
        site = shapely.union_all(shapes[list(members)])
        planned = kind == "planned" and of.year == YEARS[-1] and not of.is_exact
        entries.append(
            Allotted(
                of.unit_id, of.year, members, site, True, True,
                "planned" if planned else "allotted", planned, True,
                None if planned else _day(of.year, rng),
            )
        )  # fmt: skip
    return entries


def _day(year: int, rng: np.random.Generator) -> str:
    day = np.datetime64(f"{year}-01-01") + int(rng.integers(45, LAST_DAY[year]))
    return str(day)


def _fitted(ins: Shapes, outs: Shapes, of: _Year, crs: CRS) -> tuple[Shapes, Shapes, bool]:
    """Fit the sites to the share: those outside are drawn smaller, else those inside.

    Where the land outside is too little, a usual share is left to come out higher.
    """

    def area(shapes: Shapes) -> float:
        # In one unit the share must equal the threshold; elsewhere the plane is near enough.
        measured = ellipsoidal_area_m2(shapes, crs) if of.is_exact else shapely.area(shapes)
        return float(measured.sum())

    if not len(outs) or not len(ins):
        return ins, outs, True
    odds = (1 - of.share) / of.share
    sites_in = _scaled(ins, INSET) if of.is_exact else ins
    excess = area(sites_in) * odds / area(_scaled(outs, INSET))
    if excess > 1 and of.share <= EXACT_SHARE:
        sites_in = _scaled(ins, INSET / float(np.sqrt(excess)))
    elif excess > 1:
        return sites_in, _scaled(outs, INSET), True
    wanted, scale, sites_out = area(sites_in) * odds, 1.0, outs
    for _ in range(FITTING_STEPS):
        scale *= float(np.sqrt(wanted / area(sites_out)))
        sites_out = _scaled(outs, scale)
    return sites_in, sites_out, excess <= 1 and not of.is_exact


def _scaled(shapes: Shapes, factor: float) -> Shapes:
    return np.array([affinity.scale(s, factor, factor) for s in shapes], dtype=object)


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

    ``recipe``: Units that have a row without land.
    ``projects``: Project of an allotment, by its position.
    ``parcels``: Layer ``land_parcels``.

    Layer ``element_allotments``; a row has its shape, or the parcels it is taken from, or both; a
    few have neither.
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
    positions = set()
    for unit_id, year in zip(recipe.cases.no_shape_units, YEARS, strict=True):
        positions.add(
            next(n for n, a in enumerate(allotted) if a.unit_id == unit_id and a.year == year)
        )
    return positions


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

    ``allotments``: Layer ``element_allotments``.

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


LISTED_ON = "2025-09-30"
READY_STATES = ("cleared", "listed")


def make_land_lists(recipe: Recipe, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Write the lists of land ready for supply that the units hand in; the last unit has none.

    ``parcels``: Layer ``land_parcels``.

    Table ``land_lists``; the list of the first unit lacks its largest parcel.
    """
    ready = parcels[parcels["state"].isin(READY_STATES)]
    rows = []
    for number, unit in enumerate(recipe.assessed[:-1], start=1):
        own = ready[ready["unit_id"].eq(unit.unit_id)]
        if number == 1 and len(own):
            own = own.drop(index=own.geometry.area.idxmax())
        if not len(own):
            continue
        area_m2 = ellipsoidal_area_m2(own.geometry.to_numpy(), parcels.crs)
        rows.append(
            {
                "land_list_id": f"qd-{number:03d}", "list_kind": "supply", "listed_on": LISTED_ON,
                "unit_id": unit.unit_id, "parcel_ids": ";".join(own["parcel_id"]),
                "listed_mu": round(float(m2_to_mu(float(area_m2.sum()))), 2), "note": "演示数据",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
