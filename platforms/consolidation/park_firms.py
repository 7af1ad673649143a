"""Which firms stand in which park: by geometry, else as the firm's row states."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from platforms.outlines import shapes_of


def firms_by_park(enterprises: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """List the firms of each park.

    Parameters
    ----------
    enterprises, parks
        Layers of these names, in one system.

    Returns
    -------
    dict
        Ids of firms by park id, every park included. A point on the firm's shape decides; the
        park it states counts where it has no shape, or lies in no park at all.
    """
    found: dict[str, list[str]] = {str(park_id): [] for park_id in parks["park_id"]}
    shapes = shapes_of(enterprises)
    placed = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    ids = enterprises["enterprise_id"].to_numpy(dtype=object)
    names = parks["park_id"].to_numpy(dtype=object)
    points = shapely.point_on_surface(shapes[placed])
    of_point, of_park = shapely.STRtree(shapes_of(parks)).query(points, "intersects")
    for firm, park in zip(placed[of_point], of_park, strict=True):
        found[str(names[park])].append(str(ids[firm]))
    lost = np.setdiff1d(np.arange(len(enterprises)), placed[of_point])
    for firm in lost:
        stated = enterprises["park_id"].iloc[int(firm)]
        if not pd.isna(stated) and stated in found:
            found[str(stated)].append(str(ids[firm]))
    return found
