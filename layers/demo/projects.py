"""Which projects are in talks, signed, under construction: what each wants and where it landed."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU, m2_to_mu
from layers.demo.element_rows import POLLUTANTS
from layers.demo.elements import Allotted
from layers.demo.firms import located
from layers.demo.parcels import choose
from layers.demo.recipe import Recipe

LANDED = ("started", "in_production")
STAGES = {
    "in_talks": 0.36, "signed": 0.16, "registered": 0.10, "started": 0.22, "in_production": 0.11,
    "ended": 0.05,
}  # fmt: skip
CATEGORIES = {
    "industry": 0.74, "logistics": 0.07, "research": 0.05, "service": 0.05, "tourism": 0.03,
    "commerce": 0.02, "infrastructure": 0.02, "real_estate": 0.02,
}  # fmt: skip
USES = {
    "industry": "100101;100102", "logistics": "110101;110102", "research": "0802;100101",
    "service": "0901;0902", "tourism": "0901;16", "commerce": "0901", "infrastructure": "1302;1303",
    "real_estate": "0701",
}  # fmt: skip
KINDS = {
    "logistics": ("5990", "智慧物流"), "research": ("7320", "产业研究院"),
    "service": ("6513", "工业软件"), "tourism": ("9020", "文化旅游"), "commerce": ("5211", "商贸"),
    "infrastructure": ("4430", "供热管网"), "real_estate": ("7010", "住宅开发"),
}  # fmt: skip
CHEMICAL = ("25", "26", "28", "30", "31", "32", "44")
TRADITIONAL = ("17", "18", "19", "21", "22", "28")
LAND_MU = (15.0, 400.0)
LEAST_SITE_MU = 20.0
WAN_YUAN_PER_MU = (460.0, 1300.0)
BASIC, MORE = "road;water;sewer;power;telecom", "road;water;sewer;power;telecom;gas;levelled"

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Portfolio:
    """The projects and where the landed ones were allotted land.

    Attributes
    ----------
    projects
        Table ``projects``.
    of_allotment
        Project of each allotment that has one, by the allotment's position.
    rivals
        Two projects of one investor and content that two units talk about at the same time.
    """

    projects: pd.DataFrame
    of_allotment: dict[int, str]
    rivals: tuple[str, str]


def make_projects(
    recipe: Recipe,
    wanted: int,
    allotted: list[Allotted],
    *,
    parcels: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> Portfolio:
    """Draw the projects; those that landed stand on allotted land.

    Parameters
    ----------
    recipe
        Industry classes and the city's units.
    wanted
        How many.
    allotted
        Allotments.
    parcels, platforms, parks
        Layers of those names.
    rng
        Source of chance.

    Returns
    -------
    Portfolio
        Projects and their allotments.
    """
    stage = _dealt(STAGES, wanted, rng)
    category = np.where(np.isin(stage, LANDED), "industry", choose(CATEGORIES, wanted, rng))
    units = [row.unit_id for row in recipe.assessed]
    frame = pd.DataFrame(
        {
            "project_id": [f"xm-{n:04d}" for n in range(1, wanted + 1)],
            "unit_id": rng.permutation(np.resize(units, wanted)),
            "investor_name": [f"演示投资集团{n:03d}号" for n in range(1, wanted + 1)],
            "credit_code": [f"91330400DEMO9{n:04d}0" for n in range(1, wanted + 1)],
            "category": category,
            "industry_scheme": "GBT4754_2017",
            "stage": stage,
            "note": "演示数据",
        }
    )
    frame = _with_industries(frame, recipe, rng)
    land = np.exp(rng.uniform(np.log(22), np.log(330), wanted))
    landed = _landed(frame, allotted, rng)
    areas = m2_to_mu(ellipsoidal_area_m2([allotted[n].shape for n in landed.values()], parcels.crs))
    positions = list(landed)
    land[positions] = areas
    frame = _with_demand(frame, land, rng)
    frame = _with_wishes(frame, units, rng)
    points = shapely.point_on_surface([allotted[n].shape for n in landed.values()])
    inside, _ = located(points, platforms, parks)
    frame = _with_sites(frame, landed, allotted, parcels["parcel_id"].to_numpy(), inside, rng)
    frame, rivals = _with_twins(frame)
    names = dict(zip(landed.values(), frame["project_id"].iloc[positions], strict=True))
    return Portfolio(frame, names, rivals)


def _dealt(shares: dict[str, float], size: int, rng: np.random.Generator) -> Texts:
    """Deal words in their exact shares, so that no seed lacks a stage."""
    ends = np.round(np.cumsum(list(shares.values())) / sum(shares.values()) * size).astype(int)
    dealt = np.repeat(np.array(list(shares)), np.diff(ends, prepend=0))
    return np.asarray(rng.permutation(dealt))


def _with_industries(frame: pd.DataFrame, recipe: Recipe, rng: np.random.Generator) -> pd.DataFrame:
    count = len(frame)
    pick = rng.integers(0, len(recipe.products), count)
    # Each class at least once before chance decides, so that all lists have their cases.
    order = rng.permutation(count)[: len(recipe.products)]
    pick[order] = np.arange(len(order))
    industry = [recipe.products[i] for i in pick]
    other = frame["category"].map(lambda c: KINDS.get(c, ("", "")))
    plain = frame["category"] == "industry"
    frame["industry_code"] = [
        p.industry_code if is_plain else o[0]
        for p, o, is_plain in zip(industry, other, plain, strict=True)
    ]
    frame["product"] = [
        p.product if is_plain else o[1]
        for p, o, is_plain in zip(industry, other, plain, strict=True)
    ]
    phase = np.where(rng.random(count) < 0.3, "（一期）", "")
    frame["name"] = [
        f"演示项目{n:03d}：{product}{'基地' if is_plain else '项目'}{part}"
        for n, (product, is_plain, part) in enumerate(
            zip(frame["product"], plain, phase, strict=True), start=1
        )
    ]
    old = frame["industry_code"].str[:2].isin(TRADITIONAL)
    frame["is_expansion"] = (old & (rng.random(count) < 0.6)) | (rng.random(count) < 0.03)
    return frame


def _landed(
    frame: pd.DataFrame, allotted: list[Allotted], rng: np.random.Generator
) -> dict[int, int]:
    free: dict[str, list[int]] = {}
    late = rng.random(len(allotted)) * np.where([a.is_inside for a in allotted], 1.0, 1.6)
    for n in np.argsort(late).tolist():
        a = allotted[n]
        large = a.shape.area > LEAST_SITE_MU * M2_PER_MU
        if a.is_industrial and a.status == "allotted" and large:
            free.setdefault(a.unit_id, []).append(n)
    found: dict[int, int] = {}
    for index, unit_id, stage in zip(frame.index, frame["unit_id"], frame["stage"], strict=True):
        if stage not in LANDED or not free.get(unit_id):
            continue
        choices = free[unit_id]
        # A project of production takes months, so it must have had its land early.
        early = [n for n in choices if allotted[n].year == 2024 or stage == "started"]
        chosen = (early or choices)[0]
        choices.remove(chosen)
        found[int(index)] = chosen
    return found


def _with_demand(frame: pd.DataFrame, land: Floats, rng: np.random.Generator) -> pd.DataFrame:
    count = len(frame)
    low, high = LAND_MU
    frame["land_ideal_mu"] = np.round(np.clip(land, low, high), 2)
    frame["land_min_mu"] = np.round(np.clip(land * rng.uniform(0.75, 0.95, count), low, high), 2)
    frame["land_max_mu"] = np.round(np.clip(land * rng.uniform(1.05, 1.3, count), low, high), 2)
    frame["width_min_m"] = rng.choice([60.0, 80.0, 100.0, 120.0], count)
    intensity = rng.uniform(*WAN_YUAN_PER_MU, count)
    frame["investment_yi_yuan"] = np.round(land * intensity / 1e4, 2)
    in_usd = rng.random(count) < 0.18
    frame["investment_yi_usd"] = np.where(in_usd, np.round(land * intensity / 1e4 / 7.1, 3), np.nan)
    frame["output_wan_yuan"] = np.round(land * rng.uniform(620, 1250, count), 0)
    frame["tax_wan_yuan"] = np.round(land * rng.uniform(34, 72, count), 0)
    heavy = frame["industry_code"].str[:2].isin(CHEMICAL).to_numpy()
    per_mu = np.where(heavy, rng.uniform(150, 420, count), rng.uniform(15, 90, count))
    frame["energy_tce"] = np.round(land * per_mu, 0)
    frame["emission_t"] = np.round(land * rng.uniform(0.01, 0.09, count), 2)
    frame["pollutant"] = rng.choice(POLLUTANTS, count)
    talking = np.flatnonzero(frame["stage"].isin(["in_talks", "signed"]))
    frame.loc[talking[1::7], ["land_min_mu", "land_ideal_mu", "land_max_mu"]] = np.nan
    frame.loc[talking[3::8], "energy_tce"] = np.nan
    return frame


def _with_wishes(frame: pd.DataFrame, units: list[str], rng: np.random.Generator) -> pd.DataFrame:
    count = len(frame)
    frame["land_use_codes"] = frame["category"].map(USES)
    frame["utilities_needed"] = np.where(rng.random(count) < 0.5, BASIC, MORE)
    chance, other = rng.random(count), rng.choice(units, count)
    own = frame["unit_id"].to_numpy()
    frame["preferred_units"] = [
        f"{u};{o}" if c < 0.2 and u != o else u if c < 0.45 else None
        for u, o, c in zip(own, other, chance, strict=True)
    ]
    frame["excluded_units"] = [
        o if c > 0.93 and u != o else None for u, o, c in zip(own, other, chance, strict=True)
    ]
    return frame


def _with_sites(
    frame: pd.DataFrame,
    landed: dict[int, int],
    allotted: list[Allotted],
    parcel_ids: npt.NDArray[np.object_],
    inside: pd.Series,
    rng: np.random.Generator,
) -> pd.DataFrame:
    for name in ("started_on", "parcel_ids", "platform_id"):
        frame[name] = None
    without = frame["stage"].isin(LANDED) & ~frame.index.isin(list(landed))
    frame.loc[without, "stage"] = "registered"
    for (index, n), platform_id in zip(landed.items(), inside, strict=True):
        given = np.datetime64(str(allotted[n].allotted_on))
        started = min(given + int(rng.integers(12, 70)), np.datetime64("2025-10-24"))
        frame.loc[index, "started_on"] = str(started)
        frame.loc[index, "parcel_ids"] = ";".join(parcel_ids[list(allotted[n].parcels)])
        frame.loc[index, "platform_id"] = platform_id
        if str(started) > "2025-04-30":
            frame.loc[index, "stage"] = "started"
    return frame


def _with_twins(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, str]]:
    """Let two units talk with one investor about one product, twice: rivals and a late comer."""
    talks = frame.index[(frame["stage"] == "in_talks") & (frame["category"] == "industry")]
    bound = frame.index[frame["stage"].isin(["signed", "registered"])]
    demand = ["investment_yi_yuan", "land_min_mu", "land_ideal_mu", "land_max_mu"]
    same = [
        "investor_name", "credit_code", "category", "industry_code", "product", "is_expansion",
        "investment_yi_usd", "output_wan_yuan", "tax_wan_yuan", "energy_tce", "emission_t",
        "pollutant", "land_use_codes", *demand,
    ]  # fmt: skip
    frame.loc[talks[0], demand] = [12.6, 180.0, 200.0, 240.0]
    frame.loc[talks[0], ["output_wan_yuan", "tax_wan_yuan"]] = [180_000.0, 10_000.0]
    for first, second in ((talks[0], talks[1]), (bound[0], talks[2])):
        number = frame.loc[second, "name"].split("：")[0]
        frame.loc[second, same] = frame.loc[first, same].to_numpy()
        frame.loc[second, "name"] = f"{number}：{frame.loc[first, 'name'].split('：')[1]}"
        if frame.loc[second, "unit_id"] == frame.loc[first, "unit_id"]:
            others = frame.loc[frame["unit_id"] != frame.loc[first, "unit_id"], "unit_id"]
            frame.loc[second, "unit_id"] = others.iloc[0]
        frame.loc[second, "note"] = "演示数据：与其他单位同一投资主体、同一内容"
    return frame, (str(frame.loc[talks[0], "project_id"]), str(frame.loc[talks[1], "project_id"]))
