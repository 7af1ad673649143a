"""Which projects stand in the mayors' programmes, who leads them, which firm they became."""

import geopandas as gpd
import numpy as np
import pandas as pd

MAYOR_YI_YUAN, COUNTY_HEAD_YI_YUAN, LED_YI_YUAN = 20.0, 10.0, 12.0
FIRMS_KEPT = 0.85


def with_programmes(projects: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Put the large projects into programmes, and let leaders lead some of them.

    Parameters
    ----------
    projects
        Table ``projects``.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
        With ``project_class``, ``is_frontier``, ``is_representative``, ``is_mid_high_end``,
        ``leader`` and ``leader_role``.
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
    )


def with_firms(
    projects: pd.DataFrame, firms: gpd.GeoDataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Let most landed projects be run by a firm of their unit, one each.

    Parameters
    ----------
    projects
        Table ``projects``.
    firms
        Layer ``enterprises``.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
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
