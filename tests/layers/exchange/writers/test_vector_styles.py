import re
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import pytest
import shapely

from layers.contracts import CONTRACTS
from layers.exchange.heading import ExportHeading
from layers.exchange.read import read_file
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table
from layers.maps.qgis_style import QgisStyles
from layers.maps.style import load_styles

STYLES = load_styles(Path(__file__).parents[4] / "data" / "styles" / "layers.yaml")
LOOKS = QgisStyles(STYLES, "2024-12-31")
HEADING = ExportHeading("清单", {"软件": "MuPlan 1"})
SQUARE = shapely.box(571_000, 3_400_000, 571_100, 3_400_100)
LINE = shapely.LineString([(571_000, 3_400_000), (571_100, 3_400_000)])
POINT = shapely.Point(571_000, 3_400_000)


def frame(shape=SQUARE, **columns):
    return gpd.GeoDataFrame({key: [value] for key, value in columns.items()}, geometry=[shape],
                            crs=4549)  # fmt: skip


def rules(qml):
    root = ElementTree.fromstring(qml)
    assert root.tag == "qgis"
    renderer = root.find("renderer-v2")
    symbols = {symbol.get("name"): symbol for symbol in renderer.find("symbols")}
    found = {rule.get("key"): rule for rule in renderer.find("rules")}
    assert {rule.get("symbol") for rule in found.values()} == symbols.keys()
    return found, symbols


def styles_in(path):
    with closing(sqlite3.connect(path)) as held:
        return held.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()


@pytest.mark.parametrize("layer", sorted({style.layer for style in STYLES.layers.values()}))
@pytest.mark.parametrize("shape", [SQUARE, LINE, POINT], ids=["area", "line", "point"])
def test_every_drawn_layer_has_a_style_with_a_rule_for_each_class(layer, shape):
    found, symbols = rules(LOOKS.of(layer, frame(shape), "zh"))
    drawn = [style for style in STYLES.layers.values() if style.layer == layer]
    assert list(found) == [f"{s.name}.{c.code}" for s in drawn for c in s.classes]
    wanted = {"Polygon": "fill", "LineString": "line", "Point": "marker"}[shape.geom_type]
    assert {symbol.get("type") for symbol in symbols.values()} == {wanted}
    for rule in found.values():
        columns = re.findall(r'"(\w+)"', rule.get("filter"))
        assert set(columns) <= set(CONTRACTS[layer].columns)


def test_conditions_say_class_missing_and_date():
    found, _ = rules(LOOKS.of("land_parcels", frame(), "zh"))
    listed = found["land_parcels.listed"]
    assert (listed.get("filter"), listed.get("label")) == ("\"state\" = 'listed'", "可供")
    assert found["land_parcels.unknown"].get("filter") == (
        '("state" = \'unknown\' OR "state" IS NULL)'
    )
    parks, _ = rules(LOOKS.of("parks", frame(), "en"))
    assert parks["exiting_parks.reached"].get("filter") == (
        "\"disposition\" = 'exiting' AND \"exited_on\" <= '2024-12-31'"
    )
    assert parks["exiting_parks.ahead"].get("filter") == (
        '"disposition" = \'exiting\' AND ("exited_on" > \'2024-12-31\' OR "exited_on" IS NULL)'
    )
    assert parks["sub_parks.missing"].get("filter").endswith('"park_kind" IS NULL')


def test_a_symbol_has_the_colours_of_the_map():
    found, symbols = rules(LOOKS.of("land_parcels", frame(), "zh"))
    (layer,) = symbols[found["land_parcels.cleared"].get("symbol")]
    properties = {prop.get("k"): prop.get("v") for prop in layer}
    # #00A86B, opacity 0.85: 0.85 of 255 is 216.75.
    assert properties["color"] in {"0,168,107,217", "0,168,107,216"}
    assert properties["outline_color"] == "107,107,107,255"


def test_an_exported_geopackage_carries_the_style_where_qgis_looks_for_it(tmp_path):
    path = tmp_path / "a.gpkg"
    sheets = [
        Sheet("land_parcels", frame(parcel_id="P1", state="listed")),
        Sheet("其他", frame(x="1")),
    ]
    write_table(path, sheets, heading=HEADING, styles=LOOKS)
    ((table, column, is_default, qml),) = styles_in(path)
    assert (table, column, is_default) == ("land_parcels", "geometry", 1)
    rules(qml)
    with closing(sqlite3.connect(path)) as held:
        listed = dict(held.execute("SELECT table_name, data_type FROM gpkg_contents"))
        assert held.execute("SELECT column_name FROM gpkg_geometry_columns").fetchone() == (column,)
    assert listed["layer_styles"] == "attributes"
    # The table is no layer: the file is read as one with two.
    assert read_file(path, encoding=None, source_layer="land_parcels").layers == (
        "land_parcels", "其他",
    )  # fmt: skip


def test_without_styles_there_is_no_table(tmp_path):
    path = tmp_path / "a.gpkg"
    write_table(path, [Sheet("land_parcels", frame(parcel_id="P1"))], heading=HEADING)
    with pytest.raises(sqlite3.OperationalError):
        styles_in(path)
