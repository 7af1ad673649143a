"""What counts as a fault between the shapes of a layer, and how one is told."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import shapely

from geo.contiguity import MOST_GAP_M
from geo.errors import GeometryError

Kind = Literal["empty", "invalid", "duplicate", "overlap", "gap", "sliver"]
KINDS: tuple[Kind, ...] = get_args(Kind)

WIDEST_SLIVER_M = 100.0
LARGEST_LEAST_M2 = 1e9


@dataclass(frozen=True)
class TopologyRule:
    """What counts as a fault between shapes.

    Attributes
    ----------
    min_overlap_m2
        Common land of two shapes from this area on is an overlap (重叠), land between shapes a gap
        (缝隙) [m²]; what is smaller is counted only.
    max_gap_m
        A slit between shapes up to this wide is a gap [m], 0 to 50.
    max_gap_m2
        Land enclosed by shapes up to this area is a gap, however wide [m²].
    min_width_m
        A shape, or part of one, narrower than this is a sliver (狭长碎斑) [m], 0 to 100.
    min_compactness
        So is one less compact (4πA/P²) than this, 0 to 1; 0: roads may be long.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``topology_out_of_range``.
    """

    min_overlap_m2: float = 1.0
    max_gap_m: float = 2.0
    max_gap_m2: float = 200.0
    min_width_m: float = 1.0
    min_compactness: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_gap_m <= MOST_GAP_M:
            raise GeometryError("gap_out_of_range", gap_m=self.max_gap_m)
        for name, most in (
            ("min_overlap_m2", LARGEST_LEAST_M2), ("max_gap_m2", LARGEST_LEAST_M2),
            ("min_width_m", WIDEST_SLIVER_M), ("min_compactness", 1.0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise GeometryError("topology_out_of_range", name=name, value=value, most=most)


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes
    ----------
    kind
        ``empty`` 空图形, ``invalid`` 图形错误, ``duplicate`` 重复图斑, ``overlap`` 重叠,
        ``gap`` 缝隙, ``sliver`` 狭长碎斑.
    rows
        Positions of the shapes concerned, rising.
    shape
        The land concerned; None where there is none.
    area_m2
        Its ellipsoidal area [m²], missing where there is none.
    width_m
        Its greatest width (最大内切圆直径) [m], for overlaps, gaps and slivers.
    reason
        What is wrong with a broken outline, in GEOS's words.
    """

    kind: Kind
    rows: tuple[int, ...]
    shape: shapely.Geometry | None
    area_m2: float = math.nan
    width_m: float = math.nan
    reason: str = ""


@dataclass(frozen=True)
class Topology:
    """All faults of a layer.

    Attributes
    ----------
    findings
        In the order of ``KINDS``, then of their rows.
    small_overlaps, small_gaps
        Those below the least area: counted, not listed.
    """

    findings: tuple[Finding, ...]
    small_overlaps: int
    small_gaps: int
