"""Find, hit, highlight."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.tools import nearest_name
from layers.errors import LayerError
from layers.maps.features import AREA, RenderedLayer, metres_per_pixel, to_mercator
from layers.maps.style import ClassStyle, MapStyles
from layers.maps.tiles import thinning

REACH_PX = 6.0
"""How far from a line or point a click may lie."""


@dataclass(frozen=True)
class Hit:
    """A row under a click.

    ``map_layer``: Name of the map layer.
    ``layer``: Name of the workspace layer.
    ``key``: The row's key in it.
    """

    map_layer: str
    layer: str
    key: str


def rows_at(layers: Sequence[RenderedLayer], lon: float, lat: float, zoom: float) -> list[Hit]:
    """Find what was clicked.

    Parameters
    ----------
    layers
        Drawn layers from the bottom to the top.
    lon, lat
        The place [degrees, CGCS2000 or WGS 84].
    zoom
        Zoom of the map at the click, which turns pixels into metres.

    Returns
    -------
    list of Hit
        Top layer first; within a layer points and lines by distance, then areas that hold the
        place, smallest first. Each row once.
    """
    x, y = to_mercator(lon, lat)
    return [hit for layer in reversed(layers) for hit in _rows_of(layer, x, y, zoom)]


def _rows_of(layer: RenderedLayer, x: float, y: float, zoom: float) -> list[Hit]:
    shapes = layer.shapes
    place = shapely.Point(x, y)
    metres = metres_per_pixel(zoom)
    widest_px = max(
        (max(entry.mark.width_px, entry.mark.size_px) for entry in layer.style.classes), default=0
    )
    reach_px = max(REACH_PX, widest_px * thinning(round(zoom)) / 2)
    near = shapes.tree.query(place, predicate="dwithin", distance=reach_px * metres)
    distance = shapely.distance(shapes.parts[near], place)
    is_area = shapes.kind[near] == AREA
    near, distance, is_area = (
        values[~is_area | (distance == 0)] for values in (near, distance, is_area)
    )
    order = np.lexsort((np.where(is_area, shapes.area_m2[near], distance), is_area))
    rows = dict.fromkeys(shapes.row[near[order]].tolist())
    return [Hit(layer.style.name, layer.style.layer, str(layer.keys[row])) for row in rows]


@dataclass(frozen=True)
class NamedRow:
    """A row found, with its name (empty where it has none)."""

    hit: Hit
    name: str


def rows_named(layers: Sequence[RenderedLayer], wanted: str, limit: int) -> list[NamedRow]:
    """Find rows by a part of their number or name.

    Parameters
    ----------
    layers
        Drawn layers from the bottom to the top.
    wanted
        Text looked for; capitals and blanks around it don't matter.
    limit
        Most rows given.

    Returns
    -------
    list of Found
        The number or name that is the text first, then those that begin with it, then those that
        hold it; within these the short ones first, then the layers from the top. Each row once.
    """
    text = wanted.strip().casefold()
    if not text:
        return []
    ranked: list[tuple[int, int, int, int]] = []
    tops = list(reversed(layers))
    for place, layer in enumerate(tops):
        keys, names = _folded(layer.keys), _folded(layer.names)
        for row in range(len(keys)):
            if text in keys[row] or text in names[row]:
                rank, length = min(_rank(name, text) for name in (keys[row], names[row]))
                ranked.append((rank, length, place, row))
    ranked.sort()
    rows: dict[tuple[str, str], NamedRow] = {}
    for _, _, place, row in ranked:
        layer = tops[place]
        hit = Hit(layer.style.name, layer.style.layer, str(layer.keys[row]))
        rows.setdefault((hit.layer, hit.key), NamedRow(hit, str(layer.names[row])))
        if len(rows) == limit:
            break
    return list(rows.values())


def _folded(texts: npt.NDArray[np.object_]) -> list[str]:
    return [str(text).casefold() for text in texts]


def _rank(name: str, text: str) -> tuple[int, int]:
    if name == text:
        return 0, len(name)
    if name.startswith(text):
        return 1, len(name)
    return (2 if text in name else 3), len(name)


HIGHLIGHT_LIMIT = 2000
"""More shapes than this make a browser slow; whole layers are drawn as tiles."""
DECIMALS = 6
"""Of longitude and latitude on the screen: a tenth of a metre."""


@dataclass(frozen=True)
class Highlight:
    """Shapes to draw over the map in one look.

    ``look``: Name of the look among the style file's ``highlights``.
    ``shapes``: Shapes with a CRS, n of them.
    ``captions``: What is said when the pointer rests on a shape, n texts (empty for silence);
      texts of the data are shown as text.
    ``title``: What the shapes are, in the legend of a picture; empty for the look's own words.
    """

    look: str
    shapes: gpd.GeoSeries
    captions: tuple[str, ...]
    title: str = ""


def look_of(highlight: Highlight, styles: MapStyles) -> ClassStyle:
    """Give the look of a highlight.

    ``highlight``: The shapes.

    Raises LayerError: ``highlight_unknown``.
    """
    try:
        return styles.highlights[highlight.look]
    except KeyError:
        nearest = nearest_name(highlight.look, styles.highlights)
        raise LayerError("highlight_unknown", look=highlight.look, nearest=nearest) from None


def feature_collection(highlight: Highlight) -> dict[str, object]:
    """Write the shapes as GeoJSON for the screen.

    ``highlight``: The shapes; missing and empty ones are passed over.

    A GeoJSON FeatureCollection in degrees, with the property ``caption``, percent-encoded.

    Raises LayerError: ``highlight_too_many``; ``highlight_uneven`` where shapes and captions differ
    in number; ``layer_without_crs``.
    """
    shapes, captions = highlight.shapes, highlight.captions
    if len(shapes) > HIGHLIGHT_LIMIT:
        raise LayerError("highlight_too_many", shapes=len(shapes), limit=HIGHLIGHT_LIMIT)
    if len(shapes) != len(captions):
        raise LayerError("highlight_uneven", shapes=len(shapes), captions=len(captions))
    if shapes.crs is None and len(shapes):
        raise LayerError("layer_without_crs", layer=highlight.look)
    on_earth = shapes.to_crs(4326).to_numpy() if len(shapes) else shapes.to_numpy()
    rounded = shapely.transform(on_earth, lambda degrees: degrees.round(DECIMALS))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shape)),
                "properties": {"caption": quote(caption, errors="replace")},
            }
            for shape, caption in zip(rounded, captions, strict=True)
            if shape is not None and not shape.is_empty
        ],
    }
