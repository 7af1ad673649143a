"""Blocks by distance alone: parcels within 0.5 m of each other, corners included."""

from contextlib import ExitStack
from functools import partial

import geopandas as gpd
import numpy as np

from benchmarks.blocks import (
    CITY,
    EQUAL_AREA,
    GAP_M,
    area_figures,
    coordinate_mb,
    figures_of,
    measured,
)
from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.postgis import loaded
from benchmarks.postgis_blocks import (
    CLUSTERS,
    GATHERED,
    UNION_AGGREGATE,
    UNION_OF_ROWS,
    distance_blocks,
)
from geo.arrays import Shapes
from geo.contiguity import component_labels, near_pairs
from geo.prepared import prepared

BUFFER = "geopandas buffer, union, explode"


def contest(n: int) -> Contest:
    """Set up the contest for n parcels, of which those ready for supply are joined."""
    made = parcels(n)
    ready = made.ready
    stack = ExitStack()
    peers = {BUFFER: partial(_buffered, gpd.GeoSeries(ready, crs=CITY))}
    connection, said = loaded(stack, ready=ready)
    if connection is not None:
        ask = partial(distance_blocks, connection, "ready", GAP_M)
        peers |= {
            "PostGIS": lambda: figures_of(ask(shared=False)),
            "PostGIS, union on all workers": lambda: figures_of(ask(shared=True)),
        }
    return Contest(
        kernel="distance",
        n=n,
        ours=lambda: distance_figures(ready),
        peers=peers,
        tolerance=1e-8,
        tolerances={BUFFER: 3e-4},
        clock="wall",
        coordinate_mb=coordinate_mb(made.polygons),
        notes=(
            f"{len(ready):,} of the parcels are ready and joined where they are {GAP_M} m apart "
            "or less; all start from loaded shapes, PostGIS from an indexed table and not "
            "counting the load",
            "buffer, union, explode, buffer back: closes gaps and rounds corners, so its answer "
            "is held to 3e-4 only",
            said, CLUSTERS, UNION_AGGREGATE, GATHERED, UNION_OF_ROWS,
        ),
        close=stack.close,
    )  # fmt: skip


def distance_figures(ready: Shapes) -> Figures:
    """Join shapes by the product's own functions, unite and measure them."""
    held = prepared(ready)
    return measured(held, component_labels(len(held), *near_pairs(held, GAP_M)))


def _buffered(series: gpd.GeoSeries) -> Figures:
    together = series.buffer(GAP_M / 2).union_all()
    parts = gpd.GeoSeries([together], crs=series.crs).explode(ignore_index=True)
    area = parts.buffer(-GAP_M / 2).to_crs(EQUAL_AREA).area.to_numpy()
    return {"components": float(len(parts)), **area_figures(np.asarray(area))}
