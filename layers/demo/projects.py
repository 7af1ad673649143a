"""Projects, events, targets."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Texts
from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU, m2_to_mu
from layers.demo.elements import POLLUTANTS, Allotted
from layers.demo.enterprises import located
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


@dataclass(frozen=True)
class Portfolio:
    """The projects and where the landed ones were allotted land.

    ``projects``: Table ``projects``.
    ``of_allotment``: Project of each allotment that has one, by the allotment's position.
    ``rivals``: Two projects of one investor and content that two units talk about at the same
      time.
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
    """Draw the projects; those that landed stand on allotted land."""
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
    site_of: dict[int, int] = {}
    for index, unit_id, stage in zip(frame.index, frame["unit_id"], frame["stage"], strict=True):
        if stage not in LANDED or not free.get(unit_id):
            continue
        choices = free[unit_id]
        # A project of production takes months, so it must have had its land early.
        early = [n for n in choices if allotted[n].year == 2024 or stage == "started"]
        chosen = (early or choices)[0]
        choices.remove(chosen)
        site_of[int(index)] = chosen
    return site_of


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
    home = frame["unit_id"].to_numpy()
    frame["preferred_units"] = [
        f"{u};{o}" if c < 0.2 and u != o else u if c < 0.45 else None
        for u, o, c in zip(home, other, chance, strict=True)
    ]
    frame["excluded_units"] = [
        o if c > 0.93 and u != o else None for u, o, c in zip(home, other, chance, strict=True)
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
        allotted_on = np.datetime64(str(allotted[n].allotted_on))
        started = min(allotted_on + int(rng.integers(12, 70)), np.datetime64("2025-10-24"))
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


MAYOR_YI_YUAN, COUNTY_HEAD_YI_YUAN, LED_YI_YUAN = 20.0, 10.0, 12.0
FIRMS_KEPT = 0.85


def with_programmes(projects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Put the large projects into programmes, and let leaders lead some of them.

    ``projects``: Table ``projects``.

    With ``project_class``, ``is_frontier``, ``is_representative``, ``is_mid_high_end``, ``leader``,
    ``leader_role``, ``reserve_level``, ``is_special_policy``, ``is_flagship``, ``is_landmark`` and
    ``department``.
    """
    amount = projects["investment_yi_yuan"].to_numpy(dtype=float)
    classes = np.full(len(projects), "other", dtype=object)
    classes[amount >= COUNTY_HEAD_YI_YUAN] = "county_head"
    classes[amount >= MAYOR_YI_YUAN] = "mayor"
    led = (amount >= LED_YI_YUAN) & (rng.random(len(projects)) < 0.6)
    return projects.assign(
        project_class=classes,
        is_frontier=pd.array(classes == "mayor", dtype="boolean"),
        is_representative=pd.array(rng.random(len(projects)) < 0.8, dtype="boolean"),
        is_mid_high_end=pd.array(rng.random(len(projects)) < 0.85, dtype="boolean"),
        leader=pd.Series("演示负责人", projects.index).where(led),
        leader_role=pd.Series("unit_head", projects.index).where(led),
        reserve_level=np.where(amount >= RESERVE_CITY_YI_YUAN, "city", "county"),
        is_special_policy=pd.array(np.arange(len(projects)) % SPECIAL_EACH == 3, dtype="boolean"),
        is_flagship=pd.array(np.arange(len(projects)) % FLAGSHIP_EACH == 0, dtype="boolean"),
        is_landmark=pd.array(np.arange(len(projects)) % LANDMARK_EACH == 0, dtype="boolean"),
        department=np.where(np.arange(len(projects)) % 2, "市发展改革委", "市经济和信息化局"),
    )


def with_firms(
    projects: pd.DataFrame, firms: gpd.GeoDataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Let most landed projects be run by a firm of their unit, one each.

    ``projects``: Table ``projects``.
    ``firms``: Layer ``enterprises``.

    With the firm's ``credit_code`` and name where it has one.
    """
    projects = projects.copy()
    free = {
        unit_id: list(rng.permutation(rows.index))
        for unit_id, rows in firms[firms["is_above_scale"].fillna(value=False)].groupby("unit_id")
    }
    for at in projects.index[projects["started_on"].notna()]:
        mine = free.get(projects.at[at, "unit_id"])
        if mine and rng.random() < FIRMS_KEPT:
            firm = firms.loc[mine.pop()]
            projects.loc[at, ["credit_code", "investor_name"]] = [firm["credit_code"], firm["name"]]
    return projects


YEARS = (2024, 2025)
EXPERIENCED_PCT, POSTED = (46.0, 3.0), (27.0, 1.0)
"""Figure of the first unit, and by how much each further one lies higher."""
WEIGHTS_PCT = {"红旗奖分值权重": 15.0, "年度综合考核分值权重": 9.0}
LEADER, CITY_LEADER = "演示负责人", "演示市领导"


def with_reported(targets: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Append what is reported to the tasks of the units.

    Table ``targets``: staff for investment with experience [%], posts outside [人], weights of the
    assessment [%], and the leaders who are to lead a project; no target stands in these rows. Some
    figures reach what is asked, some don't.
    """
    rows: list[dict[str, object]] = []
    for year in YEARS:
        for at, unit in enumerate(recipe.assessed):
            share, posted = EXPERIENCED_PCT[0] + at * EXPERIENCED_PCT[1], POSTED[0] + at * POSTED[1]
            rows += [
                _figure(year, "2年以上经验招商员占比", share, "%", unit.unit_id),
                _figure(year, "驻外招商人数", posted, "人", unit.unit_id),
                {**_leader(year, LEADER, "unit_head"), "unit_id": unit.unit_id},
            ]
            if at + 1 < len(recipe.assessed):  # the last unit has no task
                rows.append(
                    {"unit_id": unit.unit_id, "year": year, "indicator": LANDING_TASK,
                     "target_value": float(1 + at % 2), "measure_unit": "个"}
                )  # fmt: skip
        rows += [_figure(year, name, figure, "%", None) for name, figure in WEIGHTS_PCT.items()]
        rows.append(_leader(year, CITY_LEADER, "city_leader"))
    frame = pd.DataFrame(rows)
    frame.insert(0, "target_id", [f"sb-{n:04d}" for n in range(1, len(frame) + 1)])
    return pd.concat([targets, frame.assign(note="演示数据")], ignore_index=True)


def _figure(
    year: int, indicator: str, actual: float, unit: str, unit_id: str | None
) -> dict[str, object]:
    return {
        "unit_id": unit_id, "year": year, "indicator": indicator, "actual_value": actual,
        "measure_unit": unit,
    }  # fmt: skip


def _leader(year: int, name: str, role: str) -> dict[str, object]:
    return {"year": year, "indicator": "牵头项目", "leader": name, "leader_role": role}


CHAIN = (
    "first_report", "listed", "signed", "agreement", "registered", "project_code",
    "land_permit", "drawings", "construction_permit", "started", "production",
)  # fmt: skip
REACHED = {
    "in_talks": 1, "signed": 4, "registered": 6, "started": 10, "in_production": 11, "ended": 3,
}  # fmt: skip
WORDS = {
    "first_report": "首报市投资促进中心", "listed": "列入年度清单", "signed": "签订投资协议",
    "agreement": "签订具约束力协议", "registered": "注册成立项目公司",
    "land_permit": "取得用地许可", "drawings": "完成施工图设计",
    "construction_permit": "取得施工许可证", "started": "开工建设",
    "production": "投产", "ended": "投资主体终止意向", "updated": "洽谈进展更新",
}  # fmt: skip
FIRST_DAY, LAST_DAY = np.datetime64("2024-01-03"), np.datetime64("2025-10-28")
LONGEST_GAP_DAYS = 32
RIVAL_DAYS = (np.datetime64("2025-10-14"), np.datetime64("2025-10-23"))
"""Last events of the two rivals: their first reports lie less than a month apart."""

TASKS = {
    "10亿元以上项目招引": ("个", 2, 8), "亿元以上项目开工": ("个", 15, 40),
    "实际利用外资": ("亿美元", 1, 5), "县长工程申报": ("个", 5, 5),
    "市级以上项目入库": ("个", 1, 2), "签约落地率": ("%", 50, 50),
}  # fmt: skip
TROUBLES = ("用地指标未落实", "环评审批进度滞后", "拆迁腾退未完成", "供电容量不足", "能耗指标缺口")
LANDING_TASK = "7亿元以上制造业项目招引落地任务"
FUND, FUND_WAN_YUAN = "产业基金", (6000.0, 9000.0)
"""What the industry fund gave to single projects [万元], together below its 2亿元."""

RESERVE_CITY_YI_YUAN = 10.0
FLAGSHIP_EACH, LANDMARK_EACH, SPECIAL_EACH = 5, 9, 12
GRANTS = ("技术改造补助", "研发费用补助", "设备投资奖励", "上市奖励")
STEPS = (
    ("整合提升方案上报", "2018-09-30"), ("实施方案报市政府同意", "2018-09-30"),
    ("体制机制调整到位", "2018-12-31"),
    ("深化整合提升", "2019-12-31"), ("巩固整合成果", "2020-12-31"),
)  # fmt: skip


def make_events(
    projects: pd.DataFrame, rivals: tuple[str, str], rng: np.random.Generator
) -> pd.DataFrame:
    """Write the events of every project, in order, as they were entered.

    ``projects``: Table ``projects``.

    Table ``project_events``, sorted by time of entry and numbered from 1.
    """
    rows: list[dict[str, object]] = []
    recent = dict(zip(rivals, RIVAL_DAYS, strict=True))
    for number, project in enumerate(projects.to_dict("records")):
        rows += _history(project, number, recent.get(project["project_id"]), rng)
    frame = pd.DataFrame(rows).sort_values(["entered_at", "project_id", "event_on"], kind="stable")
    frame = frame.reset_index(drop=True)
    frame.insert(0, "event_id", [f"sj-{n:05d}" for n in range(1, len(frame) + 1)])
    return frame.assign(entry_seq=np.arange(1, len(frame) + 1), note="演示数据")


def _history(
    project: Mapping[Hashable, object],
    number: int,
    last: np.datetime64 | None,
    rng: np.random.Generator,
) -> list[dict[str, object]]:
    stage = str(project["stage"])
    kinds = [*CHAIN[: REACHED[stage]]]
    if stage == "ended":
        kinds.append("ended")
    if stage == "in_talks":
        kinds.append("updated")
    days = _days(kinds, project, rng)
    if last is not None:
        days = [last - (days[-1] - day) // 4 for day in days]
    rows = []
    unit_id = str(project["unit_id"])
    area_code = unit_id if unit_id.isdigit() else "330400"
    entered_before = np.datetime64("2024-01-01T00:00")
    for kind, day in zip(kinds, days, strict=True):
        minutes = int(rng.integers(0, 3)) * 1440 + int(rng.integers(8 * 60 + 30, 17 * 60 + 30))
        entered = max(day.astype("datetime64[m]") + minutes, entered_before + 5)
        entered_before = entered
        rows.append(
            {
                "project_id": project["project_id"], "event_kind": kind, "event_on": str(day),
                "entered_at": f"{entered}:00+08:00", "unit_id": unit_id,
                "actor": f"演示专员{number % 9 + 1:02d}",
                "detail": WORDS.get(kind) or f"2024-{area_code}-38-01-{100000 + number:06d}",
            }
        )  # fmt: skip
    if "listed" in kinds:
        rows += _list_steps(project, number, days[kinds.index("listed")], days[0])
    if "signed" in kinds:
        rows.append(_signing_report(project, number, days[kinds.index("signed")], days[0]))
    if "land_permit" in kinds:
        rows += _approval(project, number, days[kinds.index("land_permit")], area_code)
    return rows


LIST_STEPS = (
    ("list_opinion", -12, "增列书面意见"), ("list_review", -6, "发改委核报"),
    ("list_consent", -1, "市政府同意"), ("list_recorded", 20, "省发改委备案"),
)  # fmt: skip
"""Steps of coming on the list with the days before or after it (C13)."""

LIST_STEP_LEFT_OUT = 11


def _list_steps(
    project: Mapping[Hashable, object], number: int, listed: np.datetime64, first: np.datetime64
) -> list[dict[str, object]]:
    """Write the steps by which a project came on the list; every eleventh lacks the review.

    ``first``: Day of the first report, before which nothing happened.
    """
    rows = []
    for kind, days, words in LIST_STEPS:
        day = max(listed + days, first)
        if day > LAST_DAY or (kind == "list_review" and number % LIST_STEP_LEFT_OUT == 0):
            continue
        rows.append(
            {
                "project_id": project["project_id"], "event_kind": kind, "event_on": str(day),
                "entered_at": f"{day}T08:30:00+08:00", "unit_id": str(project["unit_id"]),
                "actor": f"演示专员{number % 9 + 1:02d}", "detail": words,
            }
        )  # fmt: skip
    return rows


NOTICE_DAYS, NOTICE_LATE_DAYS, NOTICE_LATE_EACH = 9, 4, 6


def _signing_report(
    project: Mapping[Hashable, object], number: int, signed: np.datetime64, first: np.datetime64
) -> dict[str, object]:
    """File a signing ahead of its day; every sixth project does it too late (B7)."""
    ahead = NOTICE_LATE_DAYS if number % NOTICE_LATE_EACH == 0 else NOTICE_DAYS
    day = max(signed - ahead, first)
    return {
        "project_id": project["project_id"], "event_kind": "signing_report", "event_on": str(day),
        "entered_at": f"{day}T15:00:00+08:00", "unit_id": str(project["unit_id"]),
        "actor": f"演示专员{number % 9 + 1:02d}", "detail": "签约报备",
    }  # fmt: skip


ROUTES = (
    (30.0, ("head_consent",)), (50.0, ("deputy_review", "executive_meeting")),
    (np.inf, ("deputy_review", "executive_meeting", "party_committee")),
)  # fmt: skip
"""Steps before land is supplied, by the land up to which they do [亩] (磐安 二（五）)."""

STEP_DAYS, STEP_LEFT_OUT = 3, 7
STEP_WORDS = {
    "head_consent": "主要负责人同意", "deputy_review": "分管负责人审核",
    "executive_meeting": "政府办公会议审议", "party_committee": "党委常委会审议",
    "approved": "审批同意供地",
}  # fmt: skip


def _approval(
    project: Mapping[Hashable, object], number: int, supplied: np.datetime64, area_code: str
) -> list[dict[str, object]]:
    """Write the steps by which land was supplied; every seventh project lacks one."""
    land_mu = float(str(project["land_min_mu"]))
    steps: tuple[str, ...] = next(route for most_mu, route in ROUTES if not land_mu > most_mu)
    if number % STEP_LEFT_OUT == 0:
        steps = steps[1:]
    rows = []
    for back, kind in enumerate(("approved", *steps[::-1])):
        day = max(supplied - STEP_DAYS * back, FIRST_DAY)
        rows.append(
            {
                "project_id": project["project_id"], "event_kind": kind, "event_on": str(day),
                "entered_at": f"{day}T16:{30 - back:02d}:00+08:00",
                "unit_id": str(project["unit_id"]), "actor": f"演示专员{number % 9 + 1:02d}",
                "detail": f"{STEP_WORDS[kind]}（{area_code}）",
            }
        )  # fmt: skip
    return rows


def _days(
    kinds: list[str], project: Mapping[Hashable, object], rng: np.random.Generator
) -> list[np.datetime64]:
    started = project["started_on"]
    if isinstance(started, str):
        last = np.datetime64(started)
        before = kinds.index("started")
    else:
        recent = rng.random() < 0.4
        last = LAST_DAY - int(rng.integers(1, 35) if recent else rng.integers(35, 560))
        before = len(kinds) - 1
    gaps = rng.integers(4, LONGEST_GAP_DAYS, before).astype(np.float64)
    room = float((last - FIRST_DAY).astype(int))
    if gaps.sum() > room:
        gaps = np.floor(gaps * room / gaps.sum())
    back = np.concatenate([np.cumsum(gaps[::-1])[::-1], [0]]).astype(int)
    days = [last - int(days_before) for days_before in back]
    for _ in kinds[before + 1 :]:
        days.append(min(days[-1] + int(rng.integers(110, 175)), LAST_DAY))
    return days


def make_targets(recipe: Recipe, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the yearly tasks of the units.

    Table ``targets``.
    """
    rows = [
        (row.unit_id, year, task, int(rng.integers(low, high + 1)), unit)
        for row in recipe.assessed
        for year in (2024, 2025)
        for task, (unit, low, high) in TASKS.items()
    ]
    frame = pd.DataFrame(
        rows, columns=["unit_id", "year", "indicator", "target_value", "measure_unit"]
    )
    frame.insert(0, "target_id", [f"mb-{n:04d}" for n in range(1, len(frame) + 1)])
    return frame.assign(note="演示数据")


def make_problems(projects: pd.DataFrame, wanted: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw problems of projects: filed by the 10th, sent out by the 15th, a meeting where needed.

    ``projects``: Table ``projects``.

    Table ``problems``; some late, some open.
    """
    rows = []
    chosen = projects.iloc[rng.integers(0, len(projects), wanted)]
    for n, project in enumerate(chosen.to_dict("records"), start=1):
        month = np.datetime64("2024-02") + int(rng.integers(0, 21))
        late = rng.random() < 0.2
        filed = month.astype("datetime64[D]") + int(rng.integers(1, 10))
        sent = month.astype("datetime64[D]") + int(
            rng.integers(17, 22) if late else rng.integers(10, 15)
        )
        met = (
            month.astype("datetime64[D]") + int(rng.integers(18, 25))
            if rng.random() < 0.5
            else None
        )
        solved = filed + int(rng.integers(20, 90))
        is_open = rng.random() < 0.3 or solved > LAST_DAY
        rows.append(
            {
                "problem_id": f"wt-{n:04d}", "project_id": project["project_id"],
                "unit_id": project["unit_id"], "found_on": str(filed - n % 7),
                "filed_on": str(filed),
                "sent_on": None if n % 11 == 0 else str(sent),
                "met_on": None if met is None or met > LAST_DAY else str(met),
                "resolved_on": None if is_open else str(solved),
                "detail": TROUBLES[int(rng.integers(0, len(TROUBLES)))], "note": "演示数据",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def make_grants(
    enterprises: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    projects: pd.DataFrame,
    wanted: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw the support granted to enterprises, one of them in a park that is to leave.

    Two landed projects have something of the industry fund, too.

    Table ``support_grants``.
    """
    leaving = parks.loc[parks["disposition"] == "exiting", "park_id"]
    in_leaving = enterprises["park_id"].isin(leaving).to_numpy()
    usual = rng.choice(np.flatnonzero(~in_leaving), wanted - 1, replace=False)
    chosen = enterprises.iloc[[*usual, int(rng.choice(np.flatnonzero(in_leaving)))]]
    days = np.datetime64("2024-01-15") + rng.integers(0, 640, wanted)
    usual_grants = pd.DataFrame(
        {
            "grant_id": [f"fc-{n:03d}" for n in range(1, wanted + 1)],
            "enterprise_id": chosen["enterprise_id"].to_numpy(),
            "park_id": chosen["park_id"].to_numpy(),
            "granted_on": np.datetime_as_string(days, unit="D"),
            "policy": rng.choice(GRANTS, wanted),
            "grant_wan_yuan": np.round(rng.uniform(20, 600, wanted), 0),
            "note": "演示数据",
        }
    )
    landed = projects["project_id"][projects["started_on"].notna()].iloc[: len(FUND_WAN_YUAN)]
    of_fund = pd.DataFrame(
        {
            "grant_id": [f"jj-{n:03d}" for n in range(1, len(landed) + 1)],
            "project_id": landed.to_numpy(),
            "granted_on": "2025-03-20",
            "policy": FUND,
            "grant_wan_yuan": FUND_WAN_YUAN[: len(landed)],
            "note": "演示数据",
        }
    )
    return pd.concat([usual_grants, of_fund], ignore_index=True)


def make_milestones(recipe: Recipe, rng: np.random.Generator) -> pd.DataFrame:
    """Draw when each county took the dated steps of the consolidation plan.

    Table ``unit_milestones``; most in time, some late, one open.
    """
    rows = []
    for row in recipe.units:
        for step, due in STEPS:
            done = np.datetime64(due) + int(rng.integers(-50, 12))
            rows.append((row.unit_id, step, due, str(done)))
    frame = pd.DataFrame(rows, columns=["unit_id", "milestone", "due_on", "done_on"])
    frame.loc[len(frame) - 1, "done_on"] = None
    frame.insert(0, "milestone_id", [f"jd-{n:03d}" for n in range(1, len(frame) + 1)])
    return frame.assign(source_doc="嘉政发〔2018〕15号", note="完成日期为演示设定")
