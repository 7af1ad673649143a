"""Which firms stand in which platform, how many are large or listed (A10), how many chains (A7)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.fields import split_list
from platforms.check_job import CheckJob, counted_rows
from platforms.indicators.figures import count_verdict
from platforms.judge import judge
from platforms.outlines import platform_outlines, shapes_of
from platforms.policy.dated import DatedRule
from platforms.statement import say
from platforms.verdict import Evidence, Verdict

CHAIN_COLUMNS = {
    "leading_chains": "leading_chains", "specialty_industries": "specialty_industries",
}  # fmt: skip


def chain_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge how many leading chains and specialty industries each major platform names (A7).

    Parameters
    ----------
    job
        ``A7``.

    Returns
    -------
    list of Verdict
        One a platform and part; without a list on file ``no_data``. An entry written twice
        counts once.

    Notes
    -----
    A7 嘉政发〔2018〕15号 一（产业发展更加高端）.
    """
    verdicts = []
    for unit_id, row in job.platforms():
        for dated in job.rules(*CHAIN_COLUMNS):
            column = CHAIN_COLUMNS[dated.rule.part]
            named = set(split_list(row[column]))
            reasons = () if named else (say("platform_column_missing", column=column),)
            verdicts.append(
                judge(
                    dated,
                    float(len(named)) if named else None,
                    unit_id=unit_id,
                    platform_id=str(row["platform_id"]),
                    evidence=(Evidence("major_platforms", (str(row["platform_id"]),)),),
                    reasons=reasons,
                )
            )
    return verdicts


def firms_inside(
    enterprises: gpd.GeoDataFrame, platform: pd.Series, parks: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Say which firms stand in a platform with its sub-parks.

    Parameters
    ----------
    enterprises, parks
        Layers of these names, in one system.
    platform
        Row of ``major_platforms``.

    Returns
    -------
    inside, stated
        Booleans per firm: by geometry (a point on the firm's shape), and as its row states, which
        decides only where the firm has no shape.
    """
    one = gpd.GeoDataFrame([platform], geometry="geometry", crs=enterprises.crs)
    outline = shapely.union_all(platform_outlines(one, parks))
    sub_parks = parks["park_id"][
        parks["disposition"].eq("sub_park").fillna(value=False)
        & parks["platform_id"].eq(platform["platform_id"]).fillna(value=False)
    ]
    stated = enterprises["platform_id"].eq(platform["platform_id"]).fillna(value=False)
    stated |= enterprises["park_id"].isin(sub_parks)
    shapes = shapes_of(enterprises)
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    inside = stated.to_numpy(dtype=bool).copy()
    shapely.prepare(outline)
    inside[placed] = shapely.covers(outline, shapely.point_on_surface(shapes[placed]))
    return inside, stated.to_numpy(dtype=bool)


def firm_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge how many firms of ten billion yuan and listed firms each major platform has (A10).

    Parameters
    ----------
    job
        ``A10``.

    Returns
    -------
    list of Verdict
        One a platform and part. A firm is a credit code; firms of which the figure isn't known
        are listed, and where they could change the outcome it is ``no_data``. A firm below scale
        is none of the large ones.

    Notes
    -----
    A10 嘉政发〔2018〕15号 一（资源配置更加高效）; S4.
    """
    firms = job.layer("enterprises")
    figures = job.source.read("enterprise_indicators")
    figures = figures[figures["year"].eq(job.year).fillna(value=False)]
    parks = job.layer("parks")
    verdicts = []
    for unit_id, row in job.platforms():
        inside, stated = firms_inside(firms, row, parks)
        moved = tuple(firms["enterprise_id"][stated & ~inside])
        for dated in job.rules("ten_billion_firms", "listed_firms"):
            counted = _large if dated.rule.part == "ten_billion_firms" else _listed
            yes, unknown = counted(dated, firms[inside], figures)
            evidence = [Evidence("enterprises", tuple(sorted(yes)), say("a10_counted"))]
            if not yes:
                evidence = []
            if unknown:
                said = say("a10_unknown", count=len(unknown), year=job.year)
                evidence.append(Evidence("enterprises", tuple(sorted(unknown)), said))
            if moved:
                said = say("a10_placed_otherwise", count=len(moved))
                evidence.append(Evidence("enterprises", moved, said))
            lacking = (say("a10_firms_missing"),) if firms.empty else ()
            verdicts.append(
                count_verdict(
                    dated, float(len(yes)), float(len(yes) + len(unknown)), unit_id,
                    str(row["platform_id"]), job.year, evidence, lacking,
                )
            )  # fmt: skip
    return verdicts


def _large(
    dated: DatedRule, firms: gpd.GeoDataFrame, figures: pd.DataFrame
) -> tuple[set[str], set[str]]:
    """Add up the output of each credit code, then compare; name a firm by its first row."""
    asked = firms[~firms["is_above_scale"].eq(other=False).fillna(value=False).to_numpy(dtype=bool)]
    rows = pd.DataFrame(asked[["enterprise_id", "credit_code"]]).merge(
        figures[["enterprise_id", "output_wan_yuan"]], on="enterprise_id", how="left"
    )
    key = rows["credit_code"].fillna(rows["enterprise_id"])
    groups = rows.groupby(key, sort=False)
    sums = groups["output_wan_yuan"].sum(min_count=1).to_frame()
    first = groups["enterprise_id"].first()
    yes, _ = counted_rows(dated.rule, "enterprise_indicators", sums)
    incomplete = groups["output_wan_yuan"].apply(lambda values: bool(values.isna().any()))
    return set(first[yes]), set(first[incomplete & ~yes])


def _listed(
    dated: DatedRule, firms: gpd.GeoDataFrame, figures: pd.DataFrame
) -> tuple[set[str], set[str]]:
    """Count each credit code once, named by its first row that says yes."""
    yes, unclear = counted_rows(dated.rule, "enterprises", firms)
    key = firms["credit_code"].fillna(firms["enterprise_id"])
    found = firms["enterprise_id"][yes].groupby(key[yes], sort=False).first()
    open_rows = unclear & ~key.isin(found.index)
    asked = firms["enterprise_id"][open_rows].groupby(key[open_rows], sort=False).first()
    return set(found), set(asked)
