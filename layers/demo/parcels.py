"""What each parcel is: its unit, use, state, utilities, declared area and thresholds.

Supply-ready land comes in clumps, whole street blocks at a time, as it does where land is cleared
and serviced block by block.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from layers.demo.grounds import Ground
from layers.demo.streets import Cadastre

READY_IN_BLOCKS, READY_IN_PAIRS = 0.195, 0.02
READY_WITHIN_BLOCK = 0.9
USES = {
    "100101": 0.46, "100102": 0.29, "100103": 0.02, "110101": 0.07, "0802": 0.04, "16": 0.04,
    "0901": 0.03, "1401": 0.03, "1303": 0.01, "1302": 0.01,
}  # fmt: skip
READY_USES = {"100101": 0.52, "100102": 0.32, "110101": 0.08, "0802": 0.04, "16": 0.04}
STATES = {
    "in_production": 0.44, "supplied": 0.10, "under_construction": 0.10, "approved": 0.06,
    "planned": 0.11, "approved_not_supplied": 0.04, "supplied_not_used": 0.03, "idle": 0.035,
    "inefficient": 0.055, "withdrawn": 0.015, "unknown": 0.015,
}  # fmt: skip
LEAVING_STATES = {
    "in_production": 0.45, "inefficient": 0.30, "withdrawn": 0.15, "idle": 0.07, "unknown": 0.03,
}  # fmt: skip
RAW_STATES = ("planned", "approved", "approved_not_supplied")
BASIC = "road;water;sewer;power;telecom"
FIVE = f"{BASIC};gas;levelled"
SEVEN = f"{FIVE};storm;heat;broadband"
DECLARED_OFF_SHARE, DECLARED_MISSING_SHARE = 0.06, 0.03

Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Ints = npt.NDArray[np.intp]


def choose(shares: dict[str, float], size: int, rng: np.random.Generator) -> Texts:
    """Draw words by their shares.

    Parameters
    ----------
    shares
        Word and weight; weights need not sum to 1.
    size
        How many.
    rng
        Source of chance.

    Returns
    -------
    array of str
        Array of ``size``.
    """
    weights = np.array(list(shares.values()))
    return np.asarray(rng.choice(np.array(list(shares)), size, p=weights / weights.sum()))


def ready_parcels(
    cadastre: Cadastre, grounds: list[Ground], closed: set[str], rng: np.random.Generator
) -> Bools:
    """Choose the supply-ready parcels: most of some blocks, two neighbours in some others.

    Parameters
    ----------
    cadastre
        Parcels and their blocks.
    grounds
        What the parcels' grounds are.
    closed
        Owners (parks that leave) without supply-ready land.
    rng
        Source of chance.

    Returns
    -------
    array of bool
        Array over the parcels.
    """
    count = len(cadastre.shapes)
    open_ground = np.array([g.kind != "village" and g.owner not in closed for g in grounds])
    open_parcel = open_ground[cadastre.ground]
    of_block = pd.Series(np.arange(count)).groupby(cadastre.block).indices
    reach = pd.Series(cadastre.reach).groupby(cadastre.block).first()
    draw = rng.random(len(reach)) - 0.35 * reach.to_numpy() / max(reach.max(), 1e-9)
    ready = np.zeros(count, dtype=bool)
    pairs = 0
    for block in reach.index.to_numpy()[np.argsort(draw)]:
        members = of_block[block]
        if not open_parcel[members].all():
            continue
        if ready.sum() < READY_IN_BLOCKS * count:
            ready[members] = rng.random(len(members)) < READY_WITHIN_BLOCK
        elif pairs < READY_IN_PAIRS * count and len(members) > 3:
            ready[members[:2]] = True
            pairs += 2
    return ready


def make_parcels(
    shapes: npt.NDArray[np.object_],
    owners: Texts,
    ready: Bools,
    *,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Fill the layer of land parcels.

    Parameters
    ----------
    shapes
        Parcels as surveyed, array of n.
    owners
        Platform or park each lies in, empty outside.
    ready
        Which are supply-ready.
    units, platforms, parks
        Layers of those names.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``land_parcels``.
    """
    count = len(shapes)
    leaving = np.isin(owners, parks.loc[parks["disposition"] != "sub_park", "park_id"])
    state = np.where(leaving, choose(LEAVING_STATES, count, rng), choose(STATES, count, rng))
    state = np.where(ready, choose({"cleared": 0.6, "listed": 0.4}, count, rng), state)
    use = np.where(ready, choose(READY_USES, count, rng), choose(USES, count, rng))
    unit_id = units_of(shapes, units)
    number = pd.Series(unit_id).groupby(unit_id).cumcount().to_numpy() + 1
    words = pd.concat(
        [platforms.set_index("platform_id")["name"], parks.set_index("park_id")["name"]]
    )
    names = pd.Series(owners).map(words).fillna("园区外")
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": [f"{u}-{n:05d}" for u, n in zip(unit_id, number, strict=True)],
            "name": [f"{name}{n:05d}号地块" for name, n in zip(names, number, strict=True)],
            "unit_id": unit_id,
            "land_use_code": use,
            "land_use_scheme": "MNR2023",
            "state": state,
            "state_on": _days(count, rng),
            "utilities": _utilities(state, ready, rng),
            "area_declared_m2": _declared(shapes, units, rng),
            "is_increment": _increment(state, rng),
            "revived_on": _revived(state, number.tolist()),
            "industry_scheme": "GBT4754_2017",
            "note": "演示数据",
        },
        geometry=shapes,
        crs=units.crs,
    )
    frame["allowed_industries"] = _allowed(owners, ready, platforms, rng)
    return _with_thresholds(frame, rng)


def _revived(state: Texts, number: list[int]) -> list[str | None]:
    """Say of some parcels in use that they were idle before, and since when not."""
    in_use = np.isin(state, ["under_construction", "in_production"])
    days = ("2024-06-15", "2025-05-20")
    return [
        days[n % 2] if used and n % 31 == 7 else None
        for used, n in zip(in_use, number, strict=True)
    ]


def units_of(shapes: npt.NDArray[np.object_], units: gpd.GeoDataFrame) -> Texts:
    """Find the unit of each shape: the functional zone where it lies in one, else the county.

    Parameters
    ----------
    shapes
        Shapes, array of n.
    units
        Layer ``units``.

    Returns
    -------
    array of str
        ``unit_id``, array of n.
    """
    points = shapely.point_on_surface(shapes)
    of_shape, of_unit = shapely.STRtree(units.geometry.to_numpy()).query(points, "intersects")
    is_zone = (units["unit_kind"] == "functional_zone").to_numpy()
    order = np.argsort(is_zone[of_unit], kind="stable")
    found = np.full(len(shapes), -1)
    found[of_shape[order]] = of_unit[order]
    return np.asarray(units["unit_id"].to_numpy(dtype=str)[found])


def _days(count: int, rng: np.random.Generator) -> Texts:
    days = np.datetime64("2021-01-01") + rng.integers(0, 1760, count)
    return np.asarray(np.datetime_as_string(days, unit="D"))


def _utilities(state: Texts, ready: Bools, rng: np.random.Generator) -> list[str | None]:
    served = choose({FIVE: 0.5, SEVEN: 0.35, BASIC: 0.15}, len(state), rng)
    raw = choose({"road": 0.5, "road;power": 0.3, "road;power;water": 0.2}, len(state), rng)
    words = np.where(np.isin(state, RAW_STATES) & ~ready, raw, served)
    missing = (state == "unknown") | (rng.random(len(state)) < 0.02)
    return [None if gone else str(word) for word, gone in zip(words, missing, strict=True)]


def _declared(
    shapes: npt.NDArray[np.object_], units: gpd.GeoDataFrame, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    area = ellipsoidal_area_m2(shapes, units.crs)
    off = rng.random(len(shapes)) < DECLARED_OFF_SHARE
    factor = np.where(
        off, 1 + rng.choice([-1, 1], len(shapes)) * rng.uniform(2e-3, 0.04, len(shapes)), 1
    )
    missing = rng.random(len(shapes)) < DECLARED_MISSING_SHARE
    return np.where(missing, np.nan, np.round(area * factor, 2))


def _increment(state: Texts, rng: np.random.Generator) -> list[bool | None]:
    chance = rng.random(len(state))
    new = np.isin(state, (*RAW_STATES, "cleared", "listed", "supplied", "under_construction"))
    return [None if c > 0.97 else bool(n and c < 0.75) for n, c in zip(new, chance, strict=True)]


def _allowed(
    owners: Texts, ready: Bools, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[str | None]:
    wanted = ready & (rng.random(len(owners)) < 0.3)
    codes = (
        platforms["leading_industries"].str.cat(platforms["specialty_industries"], sep=";")
        .set_axis(platforms["platform_id"])
    )  # fmt: skip
    given = pd.Series(owners).map(codes)
    return [c if w and isinstance(c, str) else None for c, w in zip(given, wanted, strict=True)]


def _with_thresholds(frame: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    count = len(frame)
    industrial = frame["land_use_code"].isin(["100101", "100102", "100103"]).to_numpy()
    stated = industrial & (rng.random(count) < 0.85)
    figures = {
        "far_min": rng.choice([1.2, 1.5, 2.0], count),
        "far_max": rng.choice([2.5, 3.0, 3.5, 4.0], count),
        "investment_min_wan_yuan_per_mu": rng.integers(374, 521, count).astype(np.float64),
        "tax_min_wan_yuan_per_mu": np.round(rng.uniform(35, 42.6, count), 1),
        "output_min_wan_yuan_per_mu": rng.integers(50, 76, count) * 10.0,
    }
    for name, values in figures.items():
        frame[name] = np.where(stated, values, np.nan)
    return frame
