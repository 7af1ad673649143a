"""How near a park lies to its main platform, and how far their industries agree (A17).

Values only: the document sets no measure, and none of them decides anything.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.fields import split_list
from platforms.assessed import assessed_units, major_rows
from platforms.check_job import CheckJob
from platforms.consolidation.park_firms import firms_by_park
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

PARKS = "parks"


@dataclass(frozen=True)
class Pair:
    """A park and the platform it is held against."""

    park: pd.Series
    platform: pd.Series | None
    unit_id: str


def nearness_verdicts(job: CheckJob) -> list[Verdict]:
    """Measure every park that stands against its platform, else the nearest one of its unit.

    Parameters
    ----------
    job
        ``A17``.

    Returns
    -------
    list of Verdict
        Two a park. ``distance``: shortest distance [m, in the plane] between the outlines, 0 where
        they touch or overlap. ``industry``: firms in a leading or specialty industry of the
        platform ÷ firms whose industry can be compared (first two digits, one scheme).

    Notes
    -----
    A17 嘉政发〔2018〕15号 二（一）; the measures are assumed.
    """
    parks = job.layer(PARKS)
    stands = parks[~(parks["exited_on"].fillna("9999-12-31") <= job.policy.as_of)]
    firms = job.layer("enterprises")
    of_park = firms_by_park(firms, stands)
    by_id = firms.drop_duplicates("enterprise_id").set_index("enterprise_id")
    verdicts = []
    for pair in _pairs(job, stands):
        for dated in job.rules("distance", "industry"):
            if dated.rule.part == "distance":
                value, said = pair_distance(pair)
            else:
                own = by_id.loc[of_park[str(pair.park["park_id"])]]
                value, said = pair_industry(pair, own)
            verdicts.append(_verdict(dated, pair, value, said))
    return verdicts


def _pairs(job: CheckJob, parks: gpd.GeoDataFrame) -> list[Pair]:
    major = major_rows(job.layer("major_platforms"))
    units = job.layer("units")
    under, of_platform = assessed_units(parks, units), assessed_units(major, units)
    pairs = []
    for unit_id in job.unit_ids:
        near = major[of_platform.eq(unit_id).to_numpy(dtype=bool)]
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool)):
            park = parks.iloc[int(position)]
            own = major[major["platform_id"].eq(park["platform_id"]).fillna(value=False)]
            candidates = own if len(own) else near
            platform = None
            if len(candidates) and park.geometry is not None:
                distances = candidates.geometry.distance(park.geometry).to_numpy()
                platform = candidates.iloc[int(np.nanargmin(distances))]
            pairs.append(Pair(park, platform, unit_id))
    return pairs


def pair_distance(pair: Pair) -> tuple[float | None, list[Statement]]:
    """Give the shortest distance [m] between the outlines, None without a platform."""
    if pair.platform is None:
        return None, [say("a17_no_platform")]
    distance = float(shapely.distance(pair.park.geometry, pair.platform.geometry))
    return distance, [say("a17_adjacent")] if distance == 0 else []


def pair_industry(pair: Pair, firms: pd.DataFrame) -> tuple[float | None, list[Statement]]:
    """Give the share of a park's firms in an industry of the platform, None where unknown."""
    if pair.platform is None:
        return None, [say("a17_no_platform")]
    named = [*split_list(pair.platform["leading_industries"]),
             *split_list(pair.platform["specialty_industries"])]  # fmt: skip
    scheme = pair.platform["industry_scheme"]
    if not named or pd.isna(scheme):
        return None, [say("a17_platform_industries_missing")]
    same = firms["industry_scheme"].eq(scheme).fillna(value=False) & firms["industry_code"].notna()
    compared = firms[same.to_numpy(dtype=bool)]
    said = [say("a17_firms", compared=len(compared), firms=len(firms))]
    if compared.empty:
        return None, said
    divisions = {code[:2] for code in named}
    fitting = compared["industry_code"].str[:2].isin(divisions)
    return float(fitting.sum()) / len(compared), said


def _verdict(dated: DatedRule, pair: Pair, value: float | None, said: list[Statement]) -> Verdict:
    park_id = str(pair.park["park_id"])
    return judge(
        dated,
        value,
        unit_id=pair.unit_id,
        platform_id=None if pair.platform is None else str(pair.platform["platform_id"]),
        evidence=(Evidence(PARKS, (park_id,)),),
        reasons=(say("park_named", park_id=park_id), *said),
    )
