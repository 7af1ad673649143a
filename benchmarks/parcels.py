"""Land parcels as surveys give them: shared edges, roads between, some of them untidy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.ndimage import gaussian_filter

from geo.arrays import Floats

CELL_M = 137.0
"""Side of a parcel on average: 28 亩."""

CORNERS = 5
"""Edges of each side of a parcel; with the un-noded ones 21 corners a parcel."""

READY = 0.15
NOISY = 0.10
UN_NODED = 0.05
ORIGIN = (500_000.0, 3_400_000.0)


@dataclass(frozen=True)
class Parcels:
    """Parcels in EPSG:4549.

    Attributes
    ----------
    polygons
        Their outlines, array of n.
    is_ready
        True for those ready for supply, in clumps.
    """

    polygons: npt.NDArray[np.object_]
    is_ready: npt.NDArray[np.bool_]

    @property
    def ready(self) -> npt.NDArray[np.object_]:
        """The parcels ready for supply."""
        return self.polygons[self.is_ready]


def parcels(n: int, seed: int = 0) -> Parcels:
    """Draw parcels in a bent grid.

    Parameters
    ----------
    n
        How many.
    seed
        The same seed gives the same parcels.

    Returns
    -------
    Parcels
        One part in ten has all its corners moved by up to 0.25 m, so that it gaps and overlaps;
        one in twenty has corners in its edges that its neighbour lacks; every tenth column and
        row is parted from the next by a road of 4 to 26 m.
    """
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n)))
    grid = np.stack(np.meshgrid(_lines(side, rng), _lines(side, rng), indexing="ij"), axis=-1)
    nodes = grid + rng.uniform(-0.2, 0.2, grid.shape) * CELL_M + ORIGIN
    rings = _rings(nodes, rng)[:n]
    rings = _roads(rings, side, n, rng)
    noisy = rng.random(n) < NOISY
    rings[noisy] += rng.uniform(-0.25, 0.25, rings[noisy].shape)
    rings = np.round(rings, 3)
    rings = np.concatenate([rings, rings[:, :1]], axis=1)
    polygons = shapely.polygons(rings)
    split = rng.random(n) < UN_NODED
    longest = shapely.segmentize(polygons[split], CELL_M / CORNERS * 0.8)
    polygons[split] = shapely.transform(longest, lambda points: np.round(points, 3))
    field = gaussian_filter(rng.normal(size=(side, side)), 1.0).ravel()[:n]
    return Parcels(polygons, field >= np.quantile(field, 1 - READY))


def _lines(side: int, rng: np.random.Generator) -> Floats:
    return np.arange(side + 1) * CELL_M


def _rings(nodes: Floats, rng: np.random.Generator) -> Floats:
    """Go round each cell, its edges bent alike for both neighbours."""
    flat, upright = _bent(nodes[:-1], nodes[1:], rng), _bent(nodes[:, :-1], nodes[:, 1:], rng)
    ends = nodes[:, :, None]
    top = np.concatenate([ends[1:, 1:], flat[:, 1:, :0:-1]], axis=2)
    left = np.concatenate([ends[:-1, 1:], upright[:-1, :, :0:-1]], axis=2)
    rings: Floats = np.concatenate([flat[:, :-1], upright[1:], top, left], axis=2)
    return rings.reshape(-1, 4 * CORNERS, 2)


def _bent(begin: Floats, end: Floats, rng: np.random.Generator) -> Floats:
    share = (np.arange(CORNERS) / CORNERS)[:, None]
    points: Floats = begin[:, :, None] + share * (end - begin)[:, :, None]
    points[:, :, 1:] += rng.uniform(-3, 3, points[:, :, 1:].shape)
    return points


def _roads(rings: Floats, side: int, n: int, rng: np.random.Generator) -> Floats:
    """Move what lies beyond each road away by its width."""
    place = np.arange(n)
    for axis, number in ((0, place // side), (1, place % side)):
        width = np.where(np.arange(side) % 10 == 0, rng.uniform(4, 26, side), 0.0)
        rings[..., axis] += np.cumsum(width)[number][:, None]
    return rings
