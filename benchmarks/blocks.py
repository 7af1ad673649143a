"""Blocks by shared edge: parcels that face each other over 5 m within 0.5 m, with their shapes."""

from contextlib import ExitStack
from functools import partial
from zlib import crc32

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.postgis import loaded
from benchmarks.postgis_blocks import (
    FACING,
    GATHERED,
    NEAR,
    PAIRS,
    RINGS,
    UNION_AGGREGATE,
    UNION_OF_ROWS,
    Labelled,
    edge_blocks,
)
from geo.arrays import Floats, Positions, Shapes
from geo.contiguity import NeighbourRule, component_labels, neighbour_pairs
from geo.overlay import areas_m2
from geo.prepared import Given, prepared
from geo.union import united, united_area_m2
from geo.units import M2_PER_MU

CITY = CRS(4549)
EQUAL_AREA = "+proj=cea +ellps=GRS80 +lon_0=120"
GAP_M, MIN_EDGE_M = 0.5, 5.0
RULE = NeighbourRule(GAP_M, MIN_EDGE_M)
LISTED_M2 = np.array([100.0, 200.0]) * M2_PER_MU


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    frame = gpd.GeoDataFrame(geometry=ready, crs=CITY)
    stack = ExitStack()
    peers = {"geopandas sjoin + networkx": partial(_networkx, frame)}
    connection, said = loaded(stack, ready=ready)
    if connection is not None:
        ask = partial(edge_blocks, connection, "ready", GAP_M, MIN_EDGE_M)
        peers |= {
            "PostGIS": lambda: figures_of(ask(shared=False)),
            "PostGIS, union on all workers": lambda: figures_of(ask(shared=True)),
        }
    return Contest(
        kernel="blocks",
        n=n,
        ours=lambda: edge_figures(ready),
        peers=peers,
        tolerance=1e-8,
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(
            f"{len(ready):,} of the parcels are ready and joined at a gap of {GAP_M} m and an "
            f"edge of {MIN_EDGE_M} m; all start from loaded shapes, PostGIS from an indexed table "
            "and not counting the load",
            "ours, without shapes: ids and areas of the same blocks (kernel `ids`)",
            said, "PostGIS labels no groups by pairs: scipy does it from the pairs fetched",
            NEAR, RINGS, FACING, PAIRS, UNION_AGGREGATE, GATHERED, UNION_OF_ROWS,
        ),
        steps={"ids and areas without shapes": lambda: edge_figures_without_shapes(ready)},
        close=stack.close,
    )  # fmt: skip


def coordinate_mb(shapes: Shapes) -> float:
    """Measure the coordinates of shapes [MB]."""
    return float(shapely.get_num_coordinates(shapes).sum() * 16 / 1e6)


def edge_labels(ready: Given) -> Positions:
    """Join shapes by the product's own functions."""
    return component_labels(len(ready), *neighbour_pairs(ready, RULE))


def edge_figures(ready: Shapes) -> Figures:
    """Join shapes, unite and measure the blocks that may be listed."""
    held = prepared(ready)
    return measured(held, edge_labels(held))


def edge_figures_without_shapes(ready: Shapes) -> Figures:
    """Join shapes and measure the blocks, without uniting any."""
    held = prepared(ready)
    label = edge_labels(held)
    return figures(label, united_area_m2(held, label, int(label.max()) + 1, CITY))


def measured(ready: Given, label: Positions) -> Figures:
    """Unite and measure the groups that can reach 100 亩."""
    held = prepared(ready)
    sums = np.bincount(label, areas_m2(held.shapes, CITY))
    large = np.flatnonzero(sums >= LISTED_M2[0] * (1 - 1e-6))
    place = np.full(len(sums), -1)
    place[large] = np.arange(len(large))
    shapes = united(held, place[label], len(large))
    return figures(label, areas_m2(shapes, CITY))


def figures(label: Positions, area_m2: Floats) -> Figures:
    """Give what is compared: which shapes hang together, and how much land the blocks are."""
    return {
        "components": float(label.max()) + 1,
        "membership": membership(label),
        **area_figures(area_m2),
    }


def area_figures(area_m2: Floats) -> Figures:
    """Count the blocks of 100 and 200 亩, and add up the land of the first."""
    listed = area_m2 >= LISTED_M2[0] * (1 - 1e-9)
    return {
        "blocks_100": float(listed.sum()),
        "blocks_200": float((area_m2 >= LISTED_M2[1] * (1 - 1e-9)).sum()),
        "area_m2": float(area_m2[listed].sum()),
    }


def membership(label: Positions) -> float:
    """Give a number that is the same where the same shapes hang together, however labelled."""
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    return float(crc32(first[place].astype("<i4").tobytes()))


def figures_of(found: Labelled) -> Figures:
    """Give the figures of a peer's answer."""
    return figures(found.label, found.area_m2)


def dissolved_m2(frame: gpd.GeoDataFrame, label: Positions) -> Floats:
    """Dissolve the groups that can reach 100 亩 with geopandas, and measure them."""
    sums = np.bincount(label, frame.area)
    large = sums[label] >= LISTED_M2[0] * (1 - 1e-3)
    blocks = frame[large].dissolve(label[large])
    return blocks.to_crs(EQUAL_AREA).area.to_numpy()


def _networkx(frame: gpd.GeoDataFrame) -> Figures:
    near = frame.sjoin(frame, predicate="dwithin", distance=GAP_M + 1e-6)
    near = near[near.index < near["index_right"]]
    one = frame.geometry.loc[near.index].reset_index(drop=True)
    two = frame.geometry.loc[near["index_right"]].reset_index(drop=True)
    held = (_facing(one, two) & _facing(two, one)).to_numpy()
    graph = nx.Graph()
    graph.add_nodes_from(frame.index)
    graph.add_edges_from(
        zip(near.index[held].tolist(), near["index_right"][held].tolist(), strict=True)
    )
    label = np.empty(len(frame), dtype=np.intp)
    for number, members in enumerate(nx.connected_components(graph)):
        label[list(members)] = number
    return figures(label, dissolved_m2(frame, label))


def _facing(mine: gpd.GeoSeries, other: gpd.GeoSeries) -> pd.Series:
    reach = other.buffer(GAP_M + 1e-6, resolution=8)
    near = mine.boundary.intersection(reach)
    enough = near.length >= MIN_EDGE_M + 2 * GAP_M - 4e-6
    runs = near[enough].line_merge().explode()
    apart = runs.distance(other.loc[runs.index], align=False).clip(upper=GAP_M)
    counted = (runs.length - 2 * (GAP_M - apart)).clip(lower=0).groupby(level=0).sum()
    needed = MIN_EDGE_M + 2 * mine.distance(other).clip(upper=GAP_M) - 4e-6
    return enough & (counted.reindex(enough.index, fill_value=0.0) >= needed)
