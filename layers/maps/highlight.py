"""Which shapes of an answer are drawn over the map, as vectors in the browser."""

import json
from dataclasses import dataclass
from urllib.parse import quote

import geopandas as gpd
import shapely

from geo.nearest import nearest_name
from layers.errors import LayerError
from layers.maps.style import ClassStyle, MapStyles

HIGHLIGHT_LIMIT = 2000
"""More shapes than this make a browser slow; whole layers are drawn as tiles."""
DECIMALS = 6
"""Of longitude and latitude on the screen: a tenth of a metre."""


@dataclass(frozen=True)
class Highlight:
    """Shapes to draw over the map in one look.

    Attributes
    ----------
    look
        Name of the look among the style file's ``highlights``.
    shapes
        Shapes with a CRS, n of them.
    captions
        What is said when the pointer rests on a shape, n texts (empty for silence); texts of the
        data are shown as text.
    title
        What the shapes are, in the legend of a picture; empty for the look's own words.
    """

    look: str
    shapes: gpd.GeoSeries
    captions: tuple[str, ...]
    title: str = ""


def look_of(highlight: Highlight, styles: MapStyles) -> ClassStyle:
    """Give the look of a highlight.

    Parameters
    ----------
    highlight
        The shapes.
    styles
        Known looks.

    Returns
    -------
    ClassStyle
        Words and mark.

    Raises
    ------
    LayerError
        ``highlight_unknown``.
    """
    try:
        return styles.highlights[highlight.look]
    except KeyError:
        nearest = nearest_name(highlight.look, styles.highlights)
        raise LayerError("highlight_unknown", look=highlight.look, nearest=nearest) from None


def feature_collection(highlight: Highlight) -> dict[str, object]:
    """Write the shapes as GeoJSON for the screen.

    Parameters
    ----------
    highlight
        The shapes; missing and empty ones are passed over.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection in degrees, with the property ``caption``, percent-encoded.

    Raises
    ------
    LayerError
        ``highlight_too_many``; ``highlight_uneven`` where shapes and captions differ in number;
        ``layer_without_crs``.
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
