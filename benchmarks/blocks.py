"""Blocks by shared edge: parcels that face each other over 5 m within 0.5 m, with their shapes."""

from contextlib import ExitStack
from functools import partial

import geopandas as gpd
import networkx as nx
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.postgis import SETTINGS, load, server
from benchmarks.postgis_blocks import NEAR, PAIRS, UNIONS, Labelled, edge_blocks
from geo.contiguity import NeighbourRule, component_labels, neighbour_pairs
from geo.dissolve import united
from geo.overlay import areas_m2
from geo.units import M2_PER_MU

CITY = CRS(4549)
GAP_M, MIN_EDGE_M = 0.5, 5.0
RULE = NeighbourRule(GAP_M, MIN_EDGE_M)
LISTED_M2 = np.array([100.0, 200.0]) * M2_PER_MU

Shapes = npt.NDArray[np.object_]


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    stack = ExitStack()
    connection = stack.enter_context(server())
    load(connection, "ready", ready)
    frame = gpd.GeoDataFrame(geometry=ready, crs=CITY)
    return Contest(
        kernel="blocks",
        n=n,
        ours=lambda: edge_figures(ready),
        peers={
            "PostGIS": lambda: figures_of(edge_blocks(connection, "ready", GAP_M, MIN_EDGE_M)),
            "geopandas sjoin + networkx": partial(_networkx, frame),
        },
        tolerance=1e-8,
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(
            f"{len(ready):,} of the parcels are ready and joined; gap {GAP_M} m, edge "
            f"{MIN_EDGE_M} m; all start from loaded shapes, PostGIS from an indexed table",
            f"PostGIS settings: {SETTINGS}; components labelled from the pairs by scipy",
            NEAR, PAIRS, UNIONS,
        ),
        close=stack.close,
    )  # fmt: skip


def coordinate_mb(shapes: Shapes) -> float:
    """Measure the coordinates of shapes [MB]."""
    return float(shapely.get_num_coordinates(shapes).sum() * 16 / 1e6)


def edge_figures(ready: Shapes) -> Figures:
    """Find blocks by the product's own functions, unite and measure those that may be listed."""
    pairs = neighbour_pairs(ready, RULE)
    return measured(ready, component_labels(len(ready), *pairs))


def measured(ready: Shapes, label: npt.NDArray[np.intp]) -> Figures:
    """Unite and measure the groups that can reach 100 亩."""
    sums = np.bincount(label, areas_m2(ready, CITY))
    large = np.flatnonzero(sums >= LISTED_M2[0] * (1 - 1e-6))
    place = np.full(len(sums), -1)
    place[large] = np.arange(len(large))
    held = place[label] >= 0
    shapes = united(ready[held], place[label[held]], len(large))
    return figures(len(sums), areas_m2(shapes, CITY))


def figures(components: int, area_m2: npt.NDArray[np.float64]) -> Figures:
    """Give what is compared."""
    listed = area_m2 >= LISTED_M2[0] * (1 - 1e-9)
    return {
        "components": float(components),
        "blocks_100": float(listed.sum()),
        "blocks_200": float((area_m2 >= LISTED_M2[1] * (1 - 1e-9)).sum()),
        "area_m2": float(area_m2[listed].sum()),
    }


def figures_of(found: Labelled) -> Figures:
    """Give the figures of a peer's answer."""
    return figures(int(found.label.max()) + 1, found.area_m2)


def _networkx(frame: gpd.GeoDataFrame) -> Figures:
    near = frame.sjoin(frame, predicate="dwithin", distance=GAP_M + 1e-6)
    near = near[near.index < near["index_right"]]
    one = frame.geometry.loc[near.index].reset_index(drop=True)
    two = frame.geometry.loc[near["index_right"]].reset_index(drop=True)
    need = MIN_EDGE_M + 2 * GAP_M - 4e-6
    held = np.ones(len(one), dtype=bool)
    for mine, other in ((one, two), (two, one)):
        reach = other.buffer(GAP_M + 1e-6, resolution=16)
        held &= mine.boundary.intersection(reach).length.to_numpy() >= need
    graph = nx.Graph()
    graph.add_nodes_from(frame.index)
    graph.add_edges_from(
        zip(near.index[held].tolist(), near["index_right"][held].tolist(), strict=True)
    )
    label = np.empty(len(frame), dtype=int)
    for number, members in enumerate(nx.connected_components(graph)):
        label[list(members)] = number
    sums = np.bincount(label, frame.area)
    large = sums[label] >= LISTED_M2[0] * (1 - 1e-3)
    blocks = frame[large].dissolve(label[large])
    equal_area = "+proj=cea +ellps=GRS80 +lon_0=120"
    return figures(len(sums), blocks.to_crs(equal_area).area.to_numpy())
