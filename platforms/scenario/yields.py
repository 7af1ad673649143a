"""What placed projects would do to output and tax per 亩 (亩均) of units and platforms."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.arrays import Shapes
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from platforms.indicators.per_mu import FIGURES, per_mu
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, say
from platforms.scenario.edits import PlaceProject, ScenarioEdit
from platforms.source import LayerSource
from platforms.territory import assessed_units, platform_outlines

Side = Literal["unit", "platform"]
SIDES: tuple[Side, ...] = ("unit", "platform")
MOST = 0.5
"""A project belongs to the platform that holds more than this part of its land."""


@dataclass(frozen=True)
class PerMuEffects:
    """Output and tax per 亩 before and after.

    ``rows``: One row a unit or platform: ``by``, ``row_id``, ``name``, ``period``; for ``output``
      and ``tax`` ``<figure>_before``, ``<figure>_after``, ``<figure>_change`` [万元/亩] and
      ``<figure>_coverage_share`` of what was reported; missing where it can't be told.
    ``reasons``: Why a figure can't be told, and which projects it holds; by row.
    """

    rows: pd.DataFrame
    reasons: tuple[tuple[Statement, ...], ...]


def period_of(source: LayerSource, year: int) -> str:
    """Return the last year with figures that isn't after the year asked; that year where none is.

    Parameters
    ----------
    source
        Gives the layers.
    year
        Year asked.

    Returns
    -------
    str
        The period, a year.
    """
    of_firms = source.read("enterprise_indicators")["year"].dropna().astype(int)
    periods = source.read("platform_indicators")["period"].dropna().astype(str)
    of_platforms = periods[periods.str.fullmatch(r"\d{4}")].astype(int)
    known = [reported for reported in {*of_firms, *of_platforms} if reported <= year]
    return str(max(known, default=year))


def yields_with(
    base: LayerSource,
    changed: LayerSource,
    edits: Sequence[ScenarioEdit],
    period: str,
    policy: PolicySet,
    crs: CRS,
) -> PerMuEffects:
    """Compute what the placed projects of a scenario would do to the figures per 亩.

    What was reported stays as it was, parks that join or exit included: statistics move only when
    they are reported anew. A placed project adds the output and tax it promises, and its land.

    Parameters
    ----------
    base
        The city.
    changed
        The city with the edits.
    edits
        The edits.
    period
        Year of what was reported.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    PerMuEffects
    ------
        Before, after and change of every unit and platform. A project without a promise leaves
        the figure after it missing.

    Raises
    ------
    PlanningError
        Those of ``per_mu``.

    Notes
    -----
    S3: 亩 is the land of above-scale firms; a promise is what a project is to yield.
    """
    placed = _placed(changed, edits, crs)
    rows, reasons = [], []
    for by in SIDES:
        frame = per_mu(by, period, base, policy)
        frame = frame[frame[f"{by}_id"].notna()]
        for row in frame.to_dict("records"):
            here = placed[placed[by].eq(row[f"{by}_id"]).fillna(value=False)]
            gaps = []
            values = {"by": by, "row_id": row[f"{by}_id"], "name": row["name"], "period": period}
            for figure in FIGURES:
                before = row[f"{figure}_wan_yuan_per_mu"]
                after, why = _after(figure, row, here)
                gaps += why
                values |= {
                    f"{figure}_before": before, f"{figure}_after": after,
                    f"{figure}_change": after - before,
                    f"{figure}_coverage_share": row[f"{figure}_coverage_share"],
                }  # fmt: skip
            rows.append(values)
            reasons.append((*_projects(here), *gaps))
    return PerMuEffects(pd.DataFrame(rows), tuple(reasons))


def _after(
    figure: str, row: Mapping[Hashable, Any], here: pd.DataFrame
) -> tuple[float, list[Statement]]:
    value, land = float(row[f"{figure}_wan_yuan"]), float(row[f"{figure}_land_mu"])
    if not np.isfinite(row[f"{figure}_wan_yuan_per_mu"]):
        return np.nan, [say(f"yield_{figure}_not_reported")]
    promised = here[f"{figure}_wan_yuan"].to_numpy(dtype=float)
    lacking = here["project_id"][np.isnan(promised)]
    if len(lacking):
        return np.nan, [say(f"yield_{figure}_no_promise", project_ids="、".join(lacking))]
    return (value + promised.sum()) / (land + here["land_mu"].to_numpy(dtype=float).sum()), []


def _projects(here: pd.DataFrame) -> list[Statement]:
    if not len(here):
        return []
    return [say("yield_with_projects", project_ids="、".join(here["project_id"]))]


def _placed(source: LayerSource, edits: Sequence[ScenarioEdit], crs: CRS) -> pd.DataFrame:
    """List the placed projects with their promise, their land, their unit and their platform."""
    ids = {edit.allotment_id: edit.project_id for edit in edits if isinstance(edit, PlaceProject)}
    allotments = gpd.GeoDataFrame(source.read("element_allotments"))
    land = allotments[allotments["allotment_id"].isin(ids)]
    projects = source.read("projects").set_index("project_id")
    project_ids = [ids[allotment_id] for allotment_id in land["allotment_id"]]
    return pd.DataFrame(
        {
            "project_id": project_ids,
            "land_mu": land["land_mu"].to_numpy(dtype=float),
            **{
                f"{figure}_wan_yuan": projects[f"{figure}_wan_yuan"]
                .reindex(project_ids).to_numpy(dtype=float)
                for figure in FIGURES
            },
            "unit": assessed_units(land, gpd.GeoDataFrame(source.read("units"))).to_numpy(object),
            "platform": _platforms(land, source, crs),
        }
    )  # fmt: skip


def _platforms(land: gpd.GeoDataFrame, source: LayerSource, crs: CRS) -> Shapes:
    """Name the platform that holds most of each project's land, sub-parks included."""
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    outlines = platform_outlines(platforms, parks)
    is_sub_park = parks["disposition"].eq("sub_park").fillna(value=False)
    is_sub_park &= parks["platform_id"].isin(platforms["platform_id"])
    owners = [*platforms["platform_id"], *parks["platform_id"][is_sub_park]]
    shapes: Shapes = np.asarray(land.geometry.array, dtype=object)
    of_land, of_outline = intersecting_pairs(shapes, outlines)
    if not len(of_land):
        return np.full(len(land), None, dtype=object)
    part = (
        common_area_m2(shapes, outlines, of_land, of_outline, crs) / areas_m2(shapes, crs)[of_land]
    )
    shares = pd.DataFrame({"row": of_land, "owner": [owners[n] for n in of_outline], "part": part})
    summed = shares.groupby(["row", "owner"], sort=False)["part"].sum().reset_index()
    largest = summed[summed["part"] > MOST].sort_values("part").drop_duplicates("row", keep="last")
    owner = largest.set_index("row")["owner"].reindex(range(len(land)))
    return owner.where(owner.notna(), None).to_numpy(dtype=object)
