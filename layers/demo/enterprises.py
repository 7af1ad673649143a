"""Firms and platform figures."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats
from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from layers.demo.recipe import Recipe

BUILT_STATES = ("in_production", "inefficient", "under_construction")
OUTSIDE_SHARE = 0.05
LISTED_COMPANIES = 45
LEADING_SHARE, ABOVE_SCALE_SHARE = 0.72, 0.72
MISSING_SHARE, ABSENT_2025_SHARE = 0.012, 0.02
BELOW_SCALE_WAN_YUAN = (300.0, 1900.0)


def make_enterprises(
    recipe: Recipe,
    wanted: int,
    *,
    parcels: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Place enterprises on built parcels; their industries follow the platform's.

    Layer ``enterprises``, one point on a parcel each.
    """
    built = np.flatnonzero(parcels["state"].isin(BUILT_STATES))
    where = shapely.point_on_surface(parcels.geometry.to_numpy()[built])
    platform_id, park_id = located(where, platforms, parks)
    inside = platform_id.notna() | park_id.notna()
    # Small platforms get more than their share, so that none is without firms.
    crowd = platform_id.fillna("").map(platform_id.fillna("").value_counts()).to_numpy(dtype=float)
    weight = np.where(inside, 1.0, OUTSIDE_SHARE) / np.sqrt(crowd)
    chosen = np.sort(rng.choice(len(built), wanted, replace=False, p=weight / weight.sum()))
    platform_id, park_id = platform_id.iloc[chosen], park_id.iloc[chosen]
    unit_id = parcels["unit_id"].to_numpy()[built[chosen]]
    numbers = range(1, wanted + 1)
    return gpd.GeoDataFrame(
        {
            "enterprise_id": [f"qy-{n:05d}" for n in numbers],
            "name": [f"演示企业{n:04d}号" for n in numbers],
            # The letter O never stands in a real code, so none of these can be anybody's.
            "credit_code": [
                f"91{_area_code(u)}DEMO{n:05d}0" for n, u in zip(numbers, unit_id, strict=True)
            ],
            "unit_id": unit_id,
            "platform_id": platform_id.to_numpy(),
            "park_id": park_id.to_numpy(),
            "industry_code": _industries(recipe, platform_id, platforms, rng),
            "industry_scheme": "GBT4754_2017",
            "is_above_scale": rng.random(wanted) < ABOVE_SCALE_SHARE,
            "is_listed_company": rng.random(wanted) < LISTED_COMPANIES / wanted,
            "is_leading": rng.random(wanted) < 0.04,
            "note": "演示数据",
        },
        geometry=shapely.transform(where[chosen], lambda xy: np.round(xy, 2)),
        crs=parcels.crs,
    )


def _area_code(unit_id: str) -> str:
    return unit_id if unit_id.isdigit() else "330400"


def located(
    points: npt.NDArray[np.object_], platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame
) -> tuple[pd.Series, pd.Series]:
    """Name the platform (its own outline or a sub-park's) and the park each point lies in.

    ``platforms, parks``: Layers ``major_platforms`` and ``parks``.
    """
    platform_id = containing(points, platforms, "platform_id")
    park_id = containing(points, parks, "park_id")
    owner = park_id.map(parks.set_index("park_id")["platform_id"])
    return platform_id.where(platform_id.notna(), owner), park_id


def containing(shapes: npt.NDArray[np.object_], zones: gpd.GeoDataFrame, key: str) -> pd.Series:
    """Name the zone each shape lies in.

    ``zones``: Polygons that do not overlap each other.

    Name per shape, missing outside all zones.
    """
    of_shape, of_zone = shapely.STRtree(zones.geometry.to_numpy()).query(shapes, "within")
    zone_of = pd.Series([None] * len(shapes), dtype="object")
    zone_of.iloc[of_shape] = zones[key].to_numpy(dtype=object)[of_zone]
    return zone_of


def _industries(
    recipe: Recipe, platform_id: pd.Series, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[str]:
    every = [row.industry_code for row in recipe.products]
    of_platform: dict[str, list[str]] = {}
    for row in recipe.platforms:
        codes = [*row.leading, *row.leading, *row.specialty]
        of_platform[row.platform_id] = [
            next((code for code in every if code.startswith(two)), two) for two in codes
        ]
    follows = rng.random(len(platform_id)) < LEADING_SHARE
    draw = rng.random(len(platform_id))
    industries = []
    for platform, follow, chance in zip(platform_id, follows, draw, strict=True):
        codes = of_platform.get(platform, every) if follow else every
        industries.append(codes[int(chance * len(codes))])
    return industries


def make_enterprise_indicators(
    enterprises: gpd.GeoDataFrame,
    platform_indicators: pd.DataFrame,
    coverage: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the figures of the enterprises for 2024 and 2025.

    ``enterprises``: Layer ``enterprises``.

    Table ``enterprise_indicators``; a few values and a few firms of 2025 are missing.
    """
    leads = enterprises["is_leading"].to_numpy(dtype=bool)
    weight = rng.lognormal(0, 1.0, len(enterprises)) * np.where(leads, 6.0, 1.0)
    thrift = rng.lognormal(0, 0.4, len(enterprises))
    frames = []
    for year in (2024, 2025):
        totals = platform_indicators[platform_indicators["period"] == str(year)]
        if year == 2025:
            absent = platform_indicators[platform_indicators["period"] == "2024"]
            absent = absent[~absent["platform_id"].isin(totals["platform_id"])]
            totals = pd.concat([totals, absent])
        frame = _year(enterprises, totals.set_index("platform_id"), coverage, weight, thrift, rng)
        frame.insert(1, "year", year)
        kept = (year == 2024) | (rng.random(len(frame)) >= ABSENT_2025_SHARE)
        frames.append(frame[kept])
    whole = pd.concat(frames, ignore_index=True)
    for name in whole.columns[2:]:
        gone = rng.random(len(whole)) < MISSING_SHARE
        whole[name] = whole[name].mask(gone)
    return whole.assign(note="演示数据")


def _year(
    enterprises: gpd.GeoDataFrame,
    totals: pd.DataFrame,
    coverage: float,
    weight: Floats,
    thrift: Floats,
    rng: np.random.Generator,
) -> pd.DataFrame:
    count = len(enterprises)
    large = enterprises["is_above_scale"].to_numpy(dtype=bool)
    group = enterprises["platform_id"].where(large & enterprises["platform_id"].isin(totals.index))
    key = group.fillna("")

    def shared(total: pd.Series, parts: Floats) -> Floats:
        sums = pd.Series(parts).groupby(key.to_numpy()).transform("sum").to_numpy()
        return np.asarray(group.map(total).to_numpy(dtype=np.float64) * coverage * parts / sums)

    alone = np.where(large, 2_500 + 9_000 * weight, rng.uniform(*BELOW_SCALE_WAN_YUAN, count))
    member = group.notna().to_numpy()
    output = np.where(member, shared(totals["output_yi_yuan"] * 1e4, weight), alone)
    alone_land = output / 380 * thrift
    land = np.where(member, shared(totals["above_scale_land_mu"], weight * thrift), alone_land)
    tax = np.where(member, shared(totals["tax_yi_yuan"] * 1e4, weight), output * 0.04)
    added = np.where(member, shared(totals["value_added_yi_yuan"] * 1e4, weight), output * 0.2)
    energy = np.where(member, shared(totals["energy_tce"], weight / thrift), output * 0.06)
    revenue = output * rng.uniform(0.93, 1.06, count)
    return pd.DataFrame(
        {
            "enterprise_id": enterprises["enterprise_id"].to_numpy(),
            "land_in_use_mu": np.round(np.maximum(land, 2.0), 1),
            "output_wan_yuan": np.round(output, 1),
            "value_added_wan_yuan": np.round(added, 1),
            "revenue_wan_yuan": np.round(revenue, 1),
            "tax_wan_yuan": np.round(tax, 1),
            "rd_wan_yuan": np.round(revenue * rng.uniform(0.005, 0.06, count), 1),
            "electricity_kwh": np.round(energy * rng.uniform(1_800, 2_600, count), 0),
            "energy_tce": np.round(energy, 1),
            "emission_t": np.round(energy * rng.uniform(5e-4, 4e-3, count), 3),
            "employees": np.maximum(3, np.round(output / rng.uniform(110, 260, count))),
        }
    )


QUARTERS = {"2024": ("Q1", "Q2", "Q3", "Q4"), "2025": ("Q1", "Q2", "Q3")}
MOST_OUTPUT_WAN_YUAN_PER_MU = 800.0
LAND_SHARE = 0.55
"""Greatest part of a platform that above-scale firms may use."""

FLOWS = (
    "value_added_yi_yuan",
    "output_yi_yuan",
    "tax_yi_yuan",
    "revenue_yi_yuan",
    "rd_yi_yuan",
    "hightech_value_added_yi_yuan",
    "energy_tce",
)


def make_platform_indicators(
    recipe: Recipe, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the figures of every major platform for 2024, 2025 and their quarters, and for 2020.

    ``recipe``: Names the platform that has no figures for 2025.
    ``platforms``: Layer ``major_platforms``.

    Table ``platform_indicators``; the quarters of 2024 sum to the year.
    """
    major = platforms[platforms["is_major"].astype(bool)]
    first = _year_2024(major, rng)
    growth = rng.uniform(0.95, 1.12, (len(first), 1))
    second = first.assign(**{name: first[name] * growth[:, 0] for name in FLOWS})
    second = second[second["platform_id"] != recipe.cases.platform_without_2025]
    second = second.assign(hightech_firms=second["hightech_firms"] + 4)
    frames = []
    for period, frame in (("2024", first), ("2025", second)):
        frames.append(frame.assign(period=period))
        shares = rng.normal([0.22, 0.25, 0.26, 0.27], 0.012, (len(frame), 4))
        shares = shares / shares.sum(axis=1, keepdims=True)
        for number, quarter in enumerate(QUARTERS[period]):
            flows = {name: frame[name] * shares[:, number] for name in FLOWS}
            frames.append(frame.assign(period=f"{period}{quarter}", **flows))
    # The year of the targets: a fifth less everywhere, so that no chance is drawn for it.
    target_year = first.assign(**{name: first[name] * 0.8 for name in FLOWS}, period="2020")
    target_year["hightech_firms"] = first["hightech_firms"] * 4 // 5
    frames.append(target_year)
    whole = pd.concat(frames, ignore_index=True).round(dict.fromkeys(FLOWS, 4))
    return whole.assign(note="演示数据")


def _year_2024(major: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    count = len(major)
    area_mu = m2_to_mu(ellipsoidal_area_m2(major.geometry.array, CRS(major.crs)))
    output_per_mu = _spread(320, 780, count, rng)
    tax_per_mu = _spread(16, 44, count, rng)
    ratio = rng.uniform(0.17, 0.24, count)
    # Larger platforms draw the larger figures, with some disorder.
    order = np.argsort(np.argsort(area_mu * rng.uniform(0.6, 1.6, count)))
    value_added = np.geomspace(62, 295, count)[order]
    room = LAND_SHARE * area_mu
    output = np.minimum(value_added / ratio, room * MOST_OUTPUT_WAN_YUAN_PER_MU / 1e4)
    land = np.minimum(output * 1e4 / output_per_mu, room)
    revenue = output * rng.uniform(0.95, 1.06, count)
    # Firms and centres follow the value added, so that no chance is drawn for them.
    hightech_firms = np.floor(output * ratio / 2).astype(int) + 5
    return pd.DataFrame(
        {
            "platform_id": major["platform_id"].to_numpy(),
            "hightech_firms": hightech_firms,
            "rd_centres": hightech_firms // 4,
            "academician_stations": hightech_firms // 20,
            "value_added_yi_yuan": output * ratio,
            "output_yi_yuan": output,
            "tax_yi_yuan": tax_per_mu * land / 1e4,
            "revenue_yi_yuan": revenue,
            "rd_yi_yuan": revenue * _spread(0.018, 0.043, count, rng),
            "hightech_value_added_yi_yuan": output * ratio * _spread(0.34, 0.66, count, rng),
            "above_scale_land_mu": np.round(land, 1),
            "energy_tce": output * rng.uniform(350, 1400, count),
        }
    )


def _spread(low: float, high: float, count: int, rng: np.random.Generator) -> Floats:
    return rng.permutation(np.linspace(low, high, count))
