"""How a layer is written as a CAD drawing: outlines on a layer for each class, names as texts."""

import re
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from ezdxf.document import Drawing as Document
from ezdxf.enums import TextEntityAlignment
from ezdxf.layouts import Modelspace

from layers.exchange.cells import as_text
from layers.exchange.heading import ExportHeading
from layers.exchange.readers.dxf_outlines import OWN_APPLICATION
from layers.exchange.readers.source import Evidence
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.vector import plain_frame
from layers.fields import FIELDS

CLASS_COLUMNS = ("land_use_code", "barrier_class", "constraint_kind", "facility_kind", "element")
"""What decides the CAD layer: the first of these that a layer has."""

COLOURS = (1, 3, 5, 2, 6, 4, 30, 94, 140, 200)
"""AutoCAD's colours by number: red, green, blue …; black or white is left to the labels."""

LEAST_TEXT_M, LARGEST_TEXT_M = 1.0, 20.0
_NOT_IN_NAMES = re.compile(r"""[<>/\\":;?*|=,'`\x00-\x1f]""")


def write_dxf(path: Path, sheet: Sheet, heading: ExportHeading) -> tuple[Evidence, ...]:
    """Write a layer as a DXF drawing, of AutoCAD 2004 where it can be: all CAD programs open it.

    ``sheet``: The layer, in a projected system in metres: CAD x is the easting. Its first column
      labels the shapes.

    The columns that a drawing has no place for.
    """
    frame = gpd.GeoDataFrame(plain_frame(sheet.frame))
    columns = [str(name) for name in frame.columns if name != "geometry"]
    labels = [as_text(value) for value in frame[columns[0]]] if columns else [None] * len(frame)
    classes = _classes(frame, sheet.name, heading)
    told = [(word, " ".join(str(text).split())[:250]) for word, text in heading.lines()]
    document = _document(
        [*classes, *filter(None, labels), *(part for line in told for part in line)]
    )
    for word, text in told:
        document.header.custom_vars.append(word, text)
    for number, name in enumerate(dict.fromkeys(classes)):
        document.layers.add(name, color=COLOURS[number % len(COLOURS)])
    text_layer = _layer_name(heading.labels["text_layer"])
    if not document.layers.has_entry(text_layer):
        document.layers.add(text_layer)
    space = document.modelspace()
    for row, (shape, layer) in enumerate(zip(frame.geometry, classes, strict=True)):
        if shape is None or shape.is_empty:
            continue
        _draw(space, shape, layer, row)
        label = labels[row]
        if label:
            _label(space, shape, label, text_layer, row)
    document.saveas(path)
    left_out = len(columns) - 1 - sum(name in CLASS_COLUMNS for name in columns)
    return (Evidence.of("dxf_columns_left_out", count=left_out),) if left_out > 0 else ()


def _document(texts: list[str]) -> Document:
    """Make an empty drawing: of AutoCAD 2004 in GBK where that holds all texts, else of 2010."""
    try:
        "".join(texts).encode("gbk")
    except UnicodeEncodeError:
        document = ezdxf.new("R2010", units=ezdxf.units.M)
    else:
        document = ezdxf.new("R2004", units=ezdxf.units.M)
        document.encoding = "gbk"
    document.appids.add(OWN_APPLICATION)
    return document


def _classes(frame: pd.DataFrame, otherwise: str, heading: ExportHeading) -> list[str]:
    column = next((name for name in CLASS_COLUMNS if name in frame.columns), None)
    if column is None:
        return [_layer_name(otherwise)] * len(frame)
    words = FIELDS[column].values
    position = 0 if heading.language == "zh" else 1
    names = []
    for value in frame[column]:
        code = as_text(value) or otherwise
        names.append(_layer_name(words[code][position] if code in words else code))
    return names


def _layer_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", text).strip()[:200] or "_"


def _draw(space: Modelspace, shape: shapely.Geometry, layer: str, row: int) -> None:
    attributes = {"layer": layer}
    for part in shapely.get_parts(shapely.get_parts(shape)):
        if part.geom_type == "Polygon":
            drawn = [
                space.add_lwpolyline(_points(ring)[:-1], close=True, dxfattribs=attributes)
                for ring in (part.exterior, *part.interiors)
            ]
        elif part.geom_type == "Point":
            drawn = [space.add_point(_points(part)[0], dxfattribs=attributes)]
        else:
            drawn = [space.add_lwpolyline(_points(part), dxfattribs=attributes)]
        for entity in drawn:
            entity.set_xdata(OWN_APPLICATION, [(1071, row)])


def _points(shape: shapely.Geometry) -> list[tuple[float, float]]:
    return [(x, y) for x, y in shapely.get_coordinates(shape).tolist()]


def _label(space: Modelspace, shape: shapely.Geometry, text: str, layer: str, row: int) -> None:
    place = shapely.point_on_surface(shape)
    west, south, east, north = shape.bounds
    height = float(np.clip(min(east - west, north - south) / 10, LEAST_TEXT_M, LARGEST_TEXT_M))
    entity = space.add_text(" ".join(text.split()), height=height, dxfattribs={"layer": layer})
    entity.set_placement((place.x, place.y), align=TextEntityAlignment.MIDDLE_CENTER)
    entity.set_xdata(OWN_APPLICATION, [(1071, row)])
