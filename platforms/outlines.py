"""Where a platform ends: its outline with the sub-parks that belong to it."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from platforms.assessed import major_rows

Shapes = npt.NDArray[np.object_]


def shapes_of(frame: gpd.GeoDataFrame) -> Shapes:
    """Give the shapes of a layer as an array."""
    return np.asarray(frame.geometry.array, dtype=object)


def platform_outlines(platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> Shapes:
    """Give the outlines of platforms with their sub-parks.

    Parameters
    ----------
    platforms, parks
        Rows of ``major_platforms``; layer ``parks``.

    Returns
    -------
    array of polygons
        Platforms first, then the sub-parks that state one of them.
    """
    sub_park = parks["disposition"].eq("sub_park").fillna(value=False)
    theirs = sub_park & parks["platform_id"].isin(platforms["platform_id"])
    return np.concatenate([shapes_of(platforms), shapes_of(parks[theirs])])


def major_outlines(platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> Shapes:
    """Give the outlines of all major platforms with their sub-parks, as ``platform_outlines``."""
    return platform_outlines(major_rows(platforms), parks)
