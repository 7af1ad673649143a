"""Land that only a narrow strip holds together is not contiguous: it is parted there."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import Positions
from geo.necks import parted_regions

LEAST_PIECE_M2 = 1e-4
"""Smaller pieces of a parcel cut at a neck are rounding [m²]."""


def parted_at_necks(
    parts: gpd.GeoDataFrame, labels: Positions, min_neck_m: float, gap_m: float
) -> tuple[gpd.GeoDataFrame, Positions]:
    """Part groups of parcels where a strip narrower than a width holds them together.

    Parameters
    ----------
    parts
        ``parcel_id``, ``part_id``, ``row`` and shape of the parts taken.
    labels
        Group of each part.
    min_neck_m
        Least width [m]; 0 parts nothing.
    gap_m
        Bridged gaps up to this wide count as land here [m].

    Returns
    -------
    parts, labels
        The same, a parcel cut at a neck as ``id#1``, ``id#2``, and the new groups.
    """
    if min_neck_m <= 0 or not len(parts):
        return parts, labels
    shapes = np.asarray(parts.geometry.array, dtype=object)
    order = np.argsort(labels, kind="stable")
    frames, groups, next_label = [], [], 0
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        regions = parted_regions(shapely.union_all(shapes[members]), min_neck_m, gap_m)
        group = parts.iloc[members]
        if len(regions) == 1:
            frames.append(group)
            groups.append(np.full(len(group), next_label))
        else:
            pieces, of_region = _cut(group, regions)
            frames.append(pieces)
            groups.append(of_region + next_label)
        next_label += len(regions)
    parted = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=parts.crs)
    return parted, np.concatenate(groups).astype(np.intp)


def _cut(group: gpd.GeoDataFrame, regions: np.ndarray) -> tuple[gpd.GeoDataFrame, Positions]:
    """Give each parcel to its region; cut those that lie in several."""
    rows, places, names, shapes = [], [], [], []
    for row, (part_id, shape) in enumerate(zip(group["part_id"], group.geometry, strict=True)):
        pieces = shapely.intersection(shape, regions)
        held = np.flatnonzero(shapely.area(pieces) > LEAST_PIECE_M2)
        if len(held) == 1:
            pieces[held[0]] = shape
        for number, place in enumerate(held, 1):
            rows.append(row)
            places.append(place)
            names.append(part_id if len(held) == 1 else f"{part_id}#{number}")
            shapes.append(pieces[place])
    cut = group.iloc[rows].assign(part_id=names)
    return cut.set_geometry(gpd.GeoSeries(shapes, index=cut.index, crs=group.crs)), np.array(
        places, dtype=np.intp
    )
