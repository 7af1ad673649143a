"""What may become of each park and platform of a unit, and what is known of each (A1-A17)."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from platforms.completeness import Completeness, constraints_in_force
from platforms.consolidation.parks import (
    Pair,
    counted_parks,
    firms_by_park,
    has_exited,
    overlapping_parks,
    pair_distance,
    pair_industry,
)
from platforms.consolidation.platforms import LEVELS
from platforms.consolidation.space import developable_shape
from platforms.indicators.figures import FIGURES, figure_is_old, figure_year, yearly_value
from platforms.policy.check import CheckJob, counted_rows, holds
from platforms.policy.verdict import Statement, say
from platforms.territory import assessed_units, major_rows, shapes_of, units_in_scope

EXIT, PLANNED, STAY = "exit", "planned", "stay"
"""What a park may do besides joining a platform: exit, stay planned for exit, stay as it is."""


@dataclass(frozen=True)
class PlatformOption:
    """A platform that may be kept as a major one.

    ``platform_id``: The platform.
    ``is_major``: Whether it is one now.
    ``a3, a16``: Whether figure and level suffice; None where that isn't known.
    ``shape``: What can be built on without the parks that are asked about.
    ``is_clear``: False where constraints leave the shape open: it is an upper bound then.
    ``is_held``: True where a park of another unit is its sub-park.
    """

    platform_id: str
    is_major: bool
    a3: bool | None
    a16: bool | None
    shape: shapely.Geometry
    is_clear: bool
    is_held: bool

    @property
    def may_be_kept(self) -> bool:
        """Whether nothing is known against it; what isn't known moves nothing."""
        return self.a3 is not False and self.a16 is not False

    @property
    def is_known(self) -> bool:
        """Whether figure, level and space are known."""
        return self.a3 is not None and self.a16 is not None and self.is_clear


@dataclass(frozen=True)
class ParkOption:
    """A park that is asked about.

    ``park_id``: The park.
    ``choices``: Changes needed (0 or 1) by what it may do: a platform's id, ``exit``,
      ``planned``, ``stay``.
    ``present``: What it is now, among the choices.
    ``outside_id``: Platform of another unit that it belongs to, None for none.
    ``is_baseline``: Counted in A13; None where it isn't stated.
    ``kept_counts``: True where A15 forbids keeping it.
    ``shape, is_clear``: What of it can be built on, and whether no constraint leaves that open.
    ``scores``: Nearness and industry (A17) by platform, 0 to 1.
    ``exited_on``: Day of its exit, None where it stands.
    ``listed_on``: Day since when it is listed for exit, empty where that isn't stated; None where
      it isn't listed.
    """

    park_id: str
    choices: Mapping[str, int]
    present: str
    outside_id: str | None
    is_baseline: bool | None
    kept_counts: bool
    shape: shapely.Geometry
    is_clear: bool
    scores: Mapping[str, float]
    exited_on: str | None
    listed_on: str | None = None


@dataclass(frozen=True)
class Situation:
    """A unit as it stands, and what may become of it.

    ``unit_id, is_county``: The unit; whether the rules for county-level units judge it.
    ``platforms, parks``: What may be decided.
    ``overlap_conflicts``: Pairs of parks that must not be one sub-park and the other exiting; the
      second may be a park that isn't asked about, then what it is (``sub_park`` or ``exiting``)
      stands third.
    ``open_points``: What is missing, so that it can't be counted on.
    """

    unit_id: str
    is_county: bool
    platforms: tuple[PlatformOption, ...]
    parks: tuple[ParkOption, ...]
    overlap_conflicts: tuple[tuple[str, str, str], ...]
    open_points: tuple[Statement, ...]


def situation_of(job: CheckJob) -> Situation:
    """Compute what may become of the parks and platforms of the one unit of a job.

    ``job``: Its one unit; ``rule_id`` is irrelevant.

    Parks that A13 to A15 don't ask about (feature towns not opted in) stay as they are.
    """
    unit_id = job.unit_ids[0]
    units, parks, platforms = (job.layer(n) for n in ("units", "parks", "major_platforms"))
    unit_parks = parks[assessed_units(parks, units).eq(unit_id).to_numpy(dtype=bool)]
    kept_counts = _kept_counts(job, unit_parks, unit_id)
    asked = unit_parks[(counted_parks(unit_parks, job.policy) | kept_counts).to_numpy(dtype=bool)]
    here = platforms[assessed_units(platforms, units).eq(unit_id).to_numpy(dtype=bool)]
    rest = parks[~parks["park_id"].isin(asked["park_id"])]
    constraints = constraints_in_force(job.layer("constraints"), job.policy)
    options, points = [], []
    for n in range(len(here)):
        option, missing = _platform(job, here.iloc[[n]], rest, unit_parks, constraints)
        options.append(option)
        points += missing
    scores = _scores(job, asked, here)
    park_options = tuple(
        _park(job, asked.iloc[[n]], here, constraints, scores, kept_counts)
        for n in range(len(asked))
    )
    unstated = tuple(park.park_id for park in park_options if park.is_baseline is None)
    if unstated and unit_id in units_in_scope(units, ("U7",)):
        points.append(say("consolidate_baseline_open", park_ids="、".join(unstated)))
    return Situation(
        unit_id, unit_id in units_in_scope(units, ("U7",)), tuple(options), park_options,
        _overlap_conflicts(job, parks, asked), tuple(points),
    )  # fmt: skip


def _kept_counts(job: CheckJob, unit_parks: gpd.GeoDataFrame, unit_id: str) -> pd.Series:
    """Return which parks a functional zone must not keep (A15)."""
    none = pd.Series(data=False, index=unit_parks.index)
    zones = units_in_scope(job.layer("units"), ("Z2",))
    if unit_id not in zones or not job.policy.parts("A15"):
        return none
    counted = counted_rows(job.policy.rule("A15").rule, "parks", unit_parks)
    return pd.Series(counted.may, index=unit_parks.index)


def _platform(
    job: CheckJob,
    row: gpd.GeoDataFrame,
    rest: gpd.GeoDataFrame,
    unit_parks: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
) -> tuple[PlatformOption, list[Statement]]:
    policy, platform_id = job.policy, str(row["platform_id"].iloc[0])
    sub_parks = rest[
        rest["platform_id"].eq(platform_id).fillna(value=False)
        & rest["disposition"].eq("sub_park").fillna(value=False)
    ]
    whole = shapely.union_all(np.concatenate([shapes_of(row), shapes_of(sub_parks)]))
    shape, unclear = developable_shape(whole, constraints, policy)
    points = []
    a3: bool | None = True
    if policy.parts("A3"):
        year = figure_year(job, platform_id, FIGURES["A3", "entry"])
        value, lacking = yearly_value(job, platform_id, year, FIGURES["A3", "entry"])
        if value is not None and figure_is_old(job, "platform_indicators", year):
            value, lacking = None, say("figure_too_old", year=year)
        a3 = None if value is None else holds(policy.rule("A3", "entry").rule, value)
        if lacking is not None:
            points.append(say("consolidate_a3_open", platform_id=platform_id, year=year))
    level = row["level"].iloc[0]
    a16: bool | None = True
    if policy.parts("A16"):
        a16 = None if pd.isna(level) else level in policy.setting_texts(LEVELS, "levels")
        if a16 is None:
            points.append(say("consolidate_a16_open", platform_id=platform_id))
    is_clear = not unclear
    if policy.parts("A2"):
        on_file = Completeness(job.source, policy)
        place = np.array([whole], dtype=object)
        is_clear &= not any(on_file.lacking(policy.rule("A2").rule.kinds, place))
    if policy.parts("A2") and not is_clear:
        points.append(say("consolidate_a2_open", platform_id=platform_id))
    foreign = sub_parks[
        ~sub_parks["park_id"].isin(unit_parks["park_id"]) & counted_parks(sub_parks, policy)
    ]
    return PlatformOption(
        platform_id,
        is_major=len(major_rows(row)) > 0,
        a3=a3, a16=a16, shape=shape, is_clear=is_clear, is_held=len(foreign) > 0,
    ), points  # fmt: skip


def _scores(
    job: CheckJob, asked: gpd.GeoDataFrame, here: gpd.GeoDataFrame
) -> dict[tuple[str, str], float]:
    """Rate each park against each platform: the mean of nearness and industry, 0 where unknown.

    Nearness is 1 at the outline and 0 at the farthest pair of the unit, as no measure is stated.
    """
    firms = job.layer("enterprises")
    of_park = firms_by_park(firms, asked)
    by_id = firms.drop_duplicates("enterprise_id").set_index("enterprise_id")
    parts: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for _, park in asked.iterrows():
        for _, platform in here.iterrows():
            pair = Pair(park, platform, job.unit_ids[0])
            known = park.geometry is not None and platform.geometry is not None
            distance = pair_distance(pair)[0] if known else None
            fit, _ = pair_industry(pair, by_id.loc[of_park[str(park["park_id"])]])
            parts[str(park["park_id"]), str(platform["platform_id"])] = distance, fit
    farthest = max((d for d, _ in parts.values() if d is not None), default=0.0)
    scores = {}
    for key, (distance, fit) in parts.items():
        near = 0.0
        if distance is not None:
            near = 1.0 - distance / farthest if farthest > 0 else 1.0
        scores[key] = (near + (fit or 0.0)) / 2
    return scores


def _park(
    job: CheckJob,
    row: gpd.GeoDataFrame,
    here: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    scores: Mapping[tuple[str, str], float],
    kept_counts: pd.Series,
) -> ParkOption:
    park = row.iloc[0]
    park_id = str(park["park_id"])
    gone = bool(has_exited(row, job.policy.as_of)[0])
    platform_ids = [str(platform_id) for platform_id in here["platform_id"]]
    choices, present, outside_id = _choices(job, park, platform_ids, gone=gone)
    area = shapely.union_all(shapes_of(row))
    shape, unclear = developable_shape(area, constraints, job.policy)
    baseline = park["is_baseline"]
    exited_on = park["exited_on"]
    counted = bool(counted_parks(row, job.policy).iloc[0])
    return ParkOption(
        park_id, choices, present, outside_id,
        is_baseline=False if not counted else None if pd.isna(baseline) else bool(baseline),
        kept_counts=bool(kept_counts[row.index[0]]) and not gone,
        shape=shape, is_clear=not unclear,
        scores={platform_id: scores[park_id, platform_id] for platform_id in platform_ids},
        exited_on=str(exited_on) if gone else None,
        listed_on=_listed_on(park) if present == PLANNED else None,
    )  # fmt: skip


def _listed_on(park: pd.Series) -> str:
    """Return the day since when a park is listed for exit, empty where not stated."""
    return "" if pd.isna(park["disposition_on"]) else str(park["disposition_on"])


def _choices(
    job: CheckJob, park: pd.Series, platform_ids: list[str], *, gone: bool
) -> tuple[dict[str, int], str, str | None]:
    """List what a park may do, each with the changes needed, and what it is now."""
    disposition = None if pd.isna(park["disposition"]) else str(park["disposition"])
    platform_id = None if pd.isna(park["platform_id"]) else str(park["platform_id"])
    if gone:
        both = disposition == "sub_park" or (disposition == "exiting" and platform_id is not None)
        is_sound = disposition is not None and not both
        return {EXIT: 0 if is_sound else 1}, EXIT, None
    choices = {**dict.fromkeys(platform_ids, 1), EXIT: 1}
    if disposition == "exiting" and platform_id is None:
        return {**choices, PLANNED: 0}, PLANNED, None
    if disposition == "sub_park" and platform_id in platform_ids:
        return {**choices, str(platform_id): 0}, str(platform_id), None
    majors = major_rows(job.layer("major_platforms"))["platform_id"]
    outside = disposition == "sub_park" and platform_id in set(majors)
    return {**choices, STAY: 0}, STAY, platform_id if outside else None


def _overlap_conflicts(
    job: CheckJob, parks: gpd.GeoDataFrame, asked: gpd.GeoDataFrame
) -> tuple[tuple[str, str, str], ...]:
    counted = parks[counted_parks(parks, job.policy)]
    ids = set(asked["park_id"])
    kinds = dict(zip(counted["park_id"], counted["disposition"].fillna(""), strict=True))
    pairs: dict[tuple[str, str], str] = {}
    for first, second, _ in overlapping_parks(job, counted, counted):
        if first == second or first not in ids or (second, first) in pairs:
            continue
        pairs[first, second] = "" if second in ids else kinds[second]
    return tuple((a, b, kind) for (a, b), kind in pairs.items())
