"""Signs that data carry the shift of a web map: words of their source, and the fit to the units.

Neither proves it. A name or an ending says where data come from, not whether somebody took the
shift away since; the fit is a sign test over the shapes for which it makes a difference.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Objects, Positions
from geo.crs import is_modern, transformer
from geo.gcj02 import UNSHIFT
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.crs import SAMPLE, Extent, geographic, middles
from layers.exchange.request import CrsOptions

CHANCE = 0.05
"""Of all tests of a file together: how often shapes without shift may look shifted."""
TESTS = 4
"""Two shifts, each by the middles and by the edges."""
ON_EDGE_M = 5.0
"""A vertex this near an outline lies on it."""
VERTICES_MORE = 3
"""A shape fits better with so many more vertices on an outline than twice as many: by chance some
lie there in any case."""

MOST_VERTICES = 20_000

_BD09 = re.compile(r"bd-?_?09|百度|(?<![a-z])baidu", re.IGNORECASE)
_GCJ02 = re.compile(
    r"gcj-?_?02|火星坐标|高德|腾讯地图|谷歌地图|(?<![a-z])amap(?![a-z])|(?<![a-z])gaode",
    re.IGNORECASE,
)
_OVITAL = re.compile(r"奥维|(?<![a-z])ovital", re.IGNORECASE)
_UNSHIFTED = re.compile(r"wgs-?_?84|cgcs-?_?2000|大地2000|国家2000|2000坐标", re.IGNORECASE)
_OVITAL_ENDINGS = frozenset({".ovkml", ".ovkmz"})
_OVITAL_SHIFTS = _OVITAL_ENDINGS | {".kml", ".kmz", ".csv", ".txt", ".xlsx", ".geojson", ".json"}
"""What 奥维 writes into these is in GCJ-02 (since its version 9.3); its DXF and SHP aren't."""
_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


@dataclass(frozen=True)
class FitOfShift:
    """How taking a shift away changes the fit to the units' outlines.

    ``shift``: ``gcj02`` or ``bd09``.
    ``better, worse``: Shapes that fit only without the shift, and only with it.
    ``chance``: Probability that so many more would get better by chance.
    """

    shift: str
    better: int
    worse: int
    chance: float


@dataclass(frozen=True)
class Suspicion:
    """What speaks for a shift.

    ``by_source``: Shift named by the source's words, None where none is.
    ``sign``: The words, for the message.
    ``by_fit``: Shift that fits clearly better taken away, None where none does.
    """

    by_source: str | None
    sign: str
    by_fit: FitOfShift | None

    @property
    def shift(self) -> str | None:
        """The shift suspected, by fit before words."""
        return self.by_fit.shift if self.by_fit is not None else self.by_source

    @property
    def is_strong(self) -> bool:
        """Whether two grounds speak for it."""
        return self.by_source is not None and self.by_fit is not None


def suspect_shift(source: SourceFile, shapes: Objects, crs: CRS, extent: Extent) -> Suspicion:
    """Look for signs that data carry the shift of a web map.

    Parameters
    ----------
    source
        The file: its name and the names of its columns.
    shapes
        Its shapes in ``crs``, those that can be placed.
    crs
        Their system.
    extent
        The units' outlines.

    Returns
    -------
    Suspicion
        The signs.
    """
    by_source, sign = _words_of(source)
    if not is_modern(crs) or not is_modern(extent.target):
        return Suspicion(None, "", None)
    return Suspicion(by_source, sign, _best_fit(shapes, crs, extent))


def doubt_shift(
    source: SourceFile, shapes: Objects, crs: CRS, options: CrsOptions, extent: Extent
) -> tuple[Evidence, ...]:
    """Say what speaks for a shift that isn't stated; two grounds together need an answer.

    ``source, shapes, crs, extent``: As in ``suspect_shift``.
    ``options``: What the planner states; a stated shift (or ``none``) ends all doubt.

    Raises LayerError: ``shift_unstated``.
    """
    if options.shift is not None or options.datum is not None:
        return (Evidence.of("shift_denied"),) if options.shift == "none" else ()
    suspicion = suspect_shift(source, shapes, crs, extent)
    if suspicion.is_strong:
        raise LayerError(
            "shift_unstated", path=source.path.name, shift=_NAMES[str(suspicion.shift)],
            sign=suspicion.sign, option=str(suspicion.shift),
        )  # fmt: skip
    return evidence_of(suspicion)


def evidence_of(suspicion: Suspicion) -> tuple[Evidence, ...]:
    """Put a suspicion into notes."""
    notes = []
    if suspicion.by_source is not None:
        notes.append(
            Evidence.of(
                "shift_suspected_by_source", sign=suspicion.sign,
                shift=_NAMES[suspicion.by_source], option=suspicion.by_source,
            )
        )  # fmt: skip
    fit = suspicion.by_fit
    if fit is not None:
        notes.append(
            Evidence.of(
                "shift_suspected_by_fit", shift=_NAMES[fit.shift], option=fit.shift,
                better=fit.better, worse=fit.worse, chance=fit.chance,
            )
        )  # fmt: skip
    return tuple(notes)


def _words_of(source: SourceFile) -> tuple[str | None, str]:
    ending = source.path.suffix.lower()
    if ending in _OVITAL_ENDINGS:
        return "gcj02", ending
    for text in (source.path.stem, *map(str, source.frame.columns)):
        if _UNSHIFTED.search(text):
            continue
        if _BD09.search(text):
            return "bd09", text
        if _GCJ02.search(text) or (ending in _OVITAL_SHIFTS and _OVITAL.search(text)):
            return "gcj02", text
    return None, ""


def _best_fit(shapes: Objects, crs: CRS, extent: Extent) -> FitOfShift | None:
    if extent.edges is None or not len(shapes):
        return None
    to_degrees = transformer(crs, geographic(crs))
    centres = middles(shapes)
    lon, lat = map(np.asarray, to_degrees.transform(centres[:, 0], centres[:, 1]))
    inside = extent.in_outlines(lon, lat)
    vertices, owner = _vertices(shapes)
    edge_lon, edge_lat = map(np.asarray, to_degrees.transform(vertices[:, 0], vertices[:, 1]))
    along = _on_edge(edge_lon, edge_lat, owner, extent)
    fits = []
    for shift, unshift in UNSHIFT.items():
        after = extent.in_outlines(*unshift(lon, lat))
        fits.append(_compared(shift, after & ~inside, inside & ~after))
        there = _on_edge(*unshift(edge_lon, edge_lat), owner, extent)
        more, less = 2 * along + VERTICES_MORE, 2 * there + VERTICES_MORE
        fits.append(_compared(shift, there >= more, along >= less))
    clear = [fit for fit in fits if fit.chance < CHANCE / TESTS]
    return min(clear, key=lambda fit: fit.chance, default=None)


def _compared(shift: str, is_better: Flags, is_worse: Flags) -> FitOfShift:
    better, worse = int(is_better.sum()), int(is_worse.sum())
    if better <= worse:
        return FitOfShift(shift, better, worse, 1.0)
    tossed = better + worse
    ways = sum(math.comb(tossed, heads) for heads in range(better, tossed + 1))
    return FitOfShift(shift, better, worse, float(Fraction(ways, 2**tossed)))


def _vertices(shapes: Objects) -> tuple[Floats, Positions]:
    """Take vertices of some shapes, and the position of the shape each belongs to."""
    if len(shapes) > SAMPLE // 4:
        shapes = shapes[np.linspace(0, len(shapes) - 1, SAMPLE // 4).astype(int)]
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    if len(points) > MOST_VERTICES:
        chosen = np.linspace(0, len(points) - 1, MOST_VERTICES).astype(int)
        points, owner = points[chosen], owner[chosen]
    return points, owner


def _on_edge(lon: Floats, lat: Floats, owner: Positions, extent: Extent) -> Positions:
    """Count the vertices of each shape that lie on an outline."""
    carry = transformer(geographic(extent.target), extent.target)
    x, y = map(np.asarray, carry.transform(lon, lat))
    near = shapely.dwithin(shapely.points(x, y), extent.edges, ON_EDGE_M)
    return np.bincount(owner[near], minlength=int(owner.max(initial=-1)) + 1)
