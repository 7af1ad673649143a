"""How much of a block is left once blocking constraints are taken off, and in which pieces (B4)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import component_labels, joining_gaps
from geo.difference import without
from geo.dissolve import united
from geo.overlay import areas_m2
from geo.progress import Progress
from geo.units import m2_to_mu
from platforms.land.blocks import BlockList
from platforms.land.decisions import decide, decided_pairs
from platforms.land.obstacles import blocking_shapes, land_obstacles
from platforms.land.parts import apart
from platforms.land.query import BlockQuery, LandLayers


def net_pieces(
    found: BlockList,
    layers: LandLayers,
    query: BlockQuery,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Give the connected pieces that constraints leave of each block.

    Parameters
    ----------
    found
        What ``find_blocks`` gives.
    layers
        The layers it searched.
    query
        What it was asked: the pieces hang together by the same rule.
    progress
        Told the share done.

    Returns
    -------
    GeoDataFrame
        ``block_id``, ``area_m2``, ``area_mu`` and shape of each piece, the largest of a block
        first; a block that nothing is left of has none. The true difference against the union of
        the constraints: what two of them cover is taken off once.
    """
    blocking = blocking_shapes(layers.constraints, layers.parcels)
    blocks = np.asarray(found.blocks.geometry.array, dtype=object)
    ids = found.blocks["block_id"].to_numpy(dtype=object)
    met = np.unique(shapely.STRtree(blocking).query(blocks, predicate="intersects")[0])
    members = found.members[found.members["block_id"].isin(ids[met])]
    left = without(np.asarray(members.geometry.array, dtype=object), blocking)
    cut = apart(members.set_geometry(left, crs=members.crs))
    shapes = np.asarray(cut.geometry.array, dtype=object)
    obstacles = land_obstacles(layers, cut, query.bridge_width_m)
    joining = joining_gaps(shapes, query.min_edge_m, obstacles, query.gap_m, progress)
    joining = decide(joining, decided_pairs(cut, layers.decisions), len(cut))
    labels = component_labels(len(cut), *joining.within(query.gap_m))
    place = cut["block_id"].map({block_id: i for i, block_id in enumerate(ids)})
    piece = cut.assign(label=labels, place=place).groupby(["place", "label"])
    of_block = piece["place"].first().to_numpy(dtype=np.intp)
    untouched = np.setdiff1d(np.arange(len(blocks)), met)
    shapes = np.concatenate([united(shapes, piece.ngroup(), len(of_block)), blocks[untouched]])
    area_m2 = areas_m2(shapes, found.blocks.crs)
    frame = pd.DataFrame(
        {
            "block_id": ids[np.concatenate([of_block, untouched])],
            "area_m2": area_m2,
            "area_mu": m2_to_mu(area_m2),
        }
    )
    pieces = gpd.GeoDataFrame(frame, geometry=shapes, crs=found.blocks.crs)
    return pieces.sort_values(["block_id", "area_m2"], ascending=[True, False], ignore_index=True)
