"""Which outlines count as inside: those of the provincial-or-higher zones (S15)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from platforms.outlines import Shapes, shapes_of
from platforms.policy.dated import PolicySet


@dataclass(frozen=True)
class Outlines:
    """Outlines that count, and those of which it isn't known.

    Attributes
    ----------
    certain
        Polygons that count.
    possible
        Polygons that may count: the level of the zone, or the zone of a sub-park, isn't stated.
    is_on_record
        False where no platform is on record at all, so that nothing can be said of any place.
    """

    certain: Shapes
    possible: Shapes
    is_on_record: bool


def zone_outlines(
    platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, policy: PolicySet
) -> Outlines:
    """Give the outlines in use of the provincial-or-higher zones with their sub-parks (S15).

    Parameters
    ----------
    platforms, parks
        Layers ``major_platforms`` and ``parks``.
    policy
        States in S15 which levels count.

    Returns
    -------
    Outlines
        Their polygons, in the system of the layers.
    """
    counts, unknown = _standing(platforms, policy)
    ids, unknown_ids = platforms["platform_id"][counts], platforms["platform_id"][unknown]
    sub_parks = parks[parks["disposition"].eq("sub_park").fillna(value=False)]
    theirs = sub_parks["platform_id"].isin(ids)
    unclear = sub_parks["platform_id"].isin(unknown_ids) | sub_parks["platform_id"].isna()
    return Outlines(
        np.concatenate([shapes_of(platforms[counts]), shapes_of(sub_parks[theirs])]),
        np.concatenate([shapes_of(platforms[unknown]), shapes_of(sub_parks[unclear])]),
        len(platforms) > 0,
    )


def approved_outlines(
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    approved: gpd.GeoDataFrame,
    policy: PolicySet,
) -> Outlines:
    """Give the approved outlines (核准四至) of the provincial-or-higher zones (S15).

    Parameters
    ----------
    platforms, parks, approved
        Layers ``major_platforms``, ``parks`` and ``approved_boundaries``.
    policy
        States in S15 which levels count; its as-of date decides which edition holds.

    Returns
    -------
    Outlines
        Their polygons. A zone whose approved outline isn't on record may have it anywhere in its
        outline in use, which therefore is ``possible``.
    """
    counts, unknown = _standing(platforms, policy)
    newest = newest_edition(approved, policy.as_of)
    drawn = newest["platform_id"].isin(platforms["platform_id"][counts])
    undrawn = counts & ~platforms["platform_id"].isin(newest["platform_id"])
    rest = platforms[undrawn | unknown]
    in_use = zone_outlines(rest, parks, policy)
    possible = np.concatenate([in_use.certain, in_use.possible])
    return Outlines(shapes_of(newest[drawn]), possible, len(platforms) > 0)


def _standing(platforms: gpd.GeoDataFrame, policy: PolicySet) -> tuple[pd.Series, pd.Series]:
    """Say which platforms are provincial-or-higher zones, and of which it isn't known."""
    levels = policy.setting_texts("S15", "zone_levels")
    return platforms["level"].isin(levels), platforms["level"].isna()


def newest_edition(approved: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """Take of each platform the blocks of its newest edition not after the day.

    Parameters
    ----------
    approved
        Layer ``approved_boundaries``.
    as_of
        Day (ISO); an edition without a date is older than any.

    Returns
    -------
    GeoDataFrame
        Their rows.
    """
    dated = approved["edition_on"].fillna("")
    reached = approved[dated <= as_of]
    day = reached["edition_on"].fillna("")
    return reached[day == day.groupby(reached["platform_id"].fillna("")).transform("max")]
