"""Which support was granted to firms in parks that are to leave (A19)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from platforms.assessed import assessed_units
from platforms.check_job import CheckJob, counted_rows
from platforms.judge import judge
from platforms.outlines import shapes_of
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

GRANTS, PARKS = "support_grants", "parks"


@dataclass(frozen=True)
class _Grant:
    """One grant: the park it goes to and what is to be said of it."""

    grant_id: str
    park_id: str | None
    unit_id: str | None
    is_open: bool
    said: Statement


def grant_verdicts(job: CheckJob) -> list[Verdict]:
    """List the support granted in a year to firms in exiting parks.

    Parameters
    ----------
    job
        ``A19``.

    Returns
    -------
    list of Verdict
        One a unit, that of the park; measured the number of grants. A firm is in a park where
        the grant or the firm names it, or where its shape lies in the park's outline. What was
        granted before the park was listed (``disposition_on``) doesn't count. A grant of which
        day, firm or that day aren't known leaves the verdict open unless another one is listed.

    Notes
    -----
    A19 嘉政发〔2018〕15号 二（五）.
    """
    parks = job.layer(PARKS)
    grants = job.source.read(GRANTS)
    year = grants["granted_on"].str[:4]
    of_year = grants[year.eq(str(job.year)).fillna(value=False) | year.isna()]
    verdicts = []
    for dated in job.rules(""):
        exiting, _ = counted_rows(dated.rule, PARKS, parks)
        found = _placed(job, of_year, parks[exiting])
        for unit_id in job.unit_ids:
            if of_year.empty or parks.empty:
                lacking = say("a19_no_record", year=job.year)
                said = say("parks_missing") if parks.empty else lacking
                verdicts.append(judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,)))
            else:
                verdicts.append(_verdict(dated, unit_id, job.year, found))
    return verdicts


def _placed(job: CheckJob, grants: pd.DataFrame, parks: gpd.GeoDataFrame) -> list[_Grant]:
    """Find the exiting park of each grant; those that go elsewhere for certain are left out."""
    firms = job.layer("enterprises")
    by_id = firms.drop_duplicates("enterprise_id").set_index("enterprise_id")
    lies_in = _park_of_place(firms, parks)
    under = assessed_units(parks, job.layer("units"))
    units = dict(zip(parks["park_id"], under, strict=True))
    listed_on = dict(zip(parks["park_id"], parks["disposition_on"], strict=True))
    exited_on = dict(zip(parks["park_id"], parks["exited_on"], strict=True))
    found = []
    for row in grants.to_dict("records"):
        firm = row["enterprise_id"]
        known = firm in by_id.index
        named = [row["park_id"], by_id.at[firm, "park_id"] if known else None, lies_in.get(firm)]
        park = next((p for p in named if isinstance(p, str) and p in units), None)
        grant_id = str(row["grant_id"])
        if park is None and (known or isinstance(row["park_id"], str)):
            continue
        if park is None:
            found.append(_Grant(grant_id, None, None, True, say("a19_firm_unknown")))
            continue
        unit_id = units[park] if isinstance(units[park], str) else None
        day = row["granted_on"]
        since = [d for d in (listed_on[park], exited_on[park]) if isinstance(d, str)]
        if not isinstance(day, str):
            found.append(_Grant(grant_id, park, unit_id, True, say("a19_day_unknown")))
        elif since and day >= min(since):
            amount = float(row["grant_wan_yuan"])
            said = say("a19_granted", park_id=park, granted_on=day, amount_wan_yuan=amount)
            found.append(_Grant(grant_id, park, unit_id, unit_id is None, said))
        elif not isinstance(listed_on[park], str):
            said = say("a19_listing_day_unknown", park_id=park)
            found.append(_Grant(grant_id, park, unit_id, True, said))
    return found


def _park_of_place(firms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> dict[str, str]:
    """Name the park in whose outline each firm's shape lies."""
    shapes = shapes_of(firms)
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    points = shapely.point_on_surface(shapes[placed])
    of_point, of_park = shapely.STRtree(shapes_of(parks)).query(points, "intersects")
    names = firms["enterprise_id"].to_numpy(dtype=object)[placed[of_point]]
    return dict(zip(names, parks["park_id"].to_numpy(dtype=object)[of_park], strict=True))


def _verdict(dated: DatedRule, unit_id: str, year: int, found: list[_Grant]) -> Verdict:
    listed = [g for g in found if g.unit_id == unit_id and not g.is_open]
    unclear = [g for g in found if g.is_open and g.unit_id in (unit_id, None)]
    reasons = []
    if listed:
        parks = "、".join(sorted({str(g.park_id) for g in listed}))
        reasons.append(say("a19_listed", count=len(listed), park_ids=parks))
    if unclear:
        reasons.append(say("a19_open", count=len(unclear)))
    return judge(
        dated,
        None if unclear and not listed else float(len(listed)),
        unit_id=unit_id,
        year=year,
        evidence=tuple(Evidence(GRANTS, (g.grant_id,), g.said) for g in (*listed, *unclear)),
        reasons=tuple(reasons),
    )
