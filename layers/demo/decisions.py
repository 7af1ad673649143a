"""A decision on adjacency, so that the demonstration shows what one looks like."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.contracts import CONTRACTS

READY = ("cleared", "listed")


def make_decisions(parcels: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Part one pair of neighbouring parcels by hand.

    Parameters
    ----------
    parcels
        Layer ``land_parcels``.
    rng
        Source of chance.

    Returns
    -------
    DataFrame
        Table ``adjacency_decisions`` of one row, of none where no two ready parcels touch.
    """
    columns = list(CONTRACTS["adjacency_decisions"].columns)
    ready = parcels[parcels["state"].isin(READY)]
    shapes = np.asarray(ready.geometry.array, dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.5)
    touching = np.flatnonzero(first < second)
    if not len(touching):
        return pd.DataFrame(columns=columns)
    place = rng.choice(touching)
    ids = ready["parcel_id"].to_numpy(dtype=object)
    row = {
        "decision_id": "LP-01",
        "parcel_id": ids[first[place]],
        "other_parcel_id": ids[second[place]],
        "adjacency": "part",
        "decided_by": "自然资源和规划局",
        "reason": "两宗地之间规划有公共通道，不作连片认定",
        "decided_on": "2024-05-10",
    }
    return pd.DataFrame([row]).reindex(columns=columns)
