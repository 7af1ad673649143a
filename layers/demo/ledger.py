"""What happened to each project, and what the units were asked to do and did."""

from collections.abc import Hashable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.demo.recipe import Recipe

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
GRANTS = ("技术改造补助", "研发费用补助", "设备投资奖励", "上市奖励")
STEPS = (
    ("整合提升方案上报", "2018-09-30"), ("体制机制调整到位", "2018-12-31"),
    ("深化整合提升", "2019-12-31"), ("巩固整合成果", "2020-12-31"),
)  # fmt: skip


def make_events(
    projects: pd.DataFrame, rivals: tuple[str, str], rng: np.random.Generator
) -> pd.DataFrame:
    """Write the events of every project, in order, as they were entered.

    Parameters
    ----------
    projects
        Table ``projects``.
    rivals
        Two projects in talks whose first reports fall within one month.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
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

    Parameters
    ----------
    recipe
        The units.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
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

    Parameters
    ----------
    projects
        Table ``projects``.
    wanted
        How many.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
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
                "unit_id": project["unit_id"], "filed_on": str(filed),
                "sent_on": None if n % 11 == 0 else str(sent),
                "met_on": None if met is None or met > LAST_DAY else str(met),
                "resolved_on": None if is_open else str(solved),
                "detail": TROUBLES[int(rng.integers(0, len(TROUBLES)))], "note": "演示数据",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def make_grants(
    enterprises: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, wanted: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the support granted to enterprises, one of them in a park that is to leave.

    Parameters
    ----------
    enterprises, parks
        Layers of those names.
    wanted
        How many.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
        Table ``support_grants``.
    """
    leaving = parks.loc[parks["disposition"] == "exiting", "park_id"]
    in_leaving = enterprises["park_id"].isin(leaving).to_numpy()
    usual = rng.choice(np.flatnonzero(~in_leaving), wanted - 1, replace=False)
    chosen = enterprises.iloc[[*usual, int(rng.choice(np.flatnonzero(in_leaving)))]]
    days = np.datetime64("2024-01-15") + rng.integers(0, 640, wanted)
    return pd.DataFrame(
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


def make_milestones(recipe: Recipe, rng: np.random.Generator) -> pd.DataFrame:
    """Draw when each county took the dated steps of the consolidation plan.

    Parameters
    ----------
    recipe
        The counties.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
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
