"""What the units and the city report beside their tasks, and who is to lead a project."""

import pandas as pd

from layers.demo.recipe import Recipe

YEARS = (2024, 2025)
EXPERIENCED_PCT, POSTED = (46.0, 3.0), (27.0, 1.0)
"""Figure of the first unit, and by how much each further one lies higher."""
WEIGHTS_PCT = {"红旗奖分值权重": 15.0, "年度综合考核分值权重": 9.0}
LEADER, CITY_LEADER = "演示负责人", "演示市领导"


def with_reported(targets: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """Append what is reported to the tasks of the units.

    Parameters
    ----------
    targets
        Tasks.
    recipe
        The units.

    Returns
    -------
    DataFrame
        Table ``targets``: staff for investment with experience [%], posts outside [人], weights
        of the assessment [%], and the leaders who are to lead a project; no target stands in
        these rows. Some figures reach what is asked, some don't.
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
