import io
import math
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.errors import LayerError
from layers.exchange.heading import ExportHeading
from layers.exchange.read import read_file
from layers.exchange.readers import dxf
from layers.exchange.readers import dxf as dxf_shapes
from layers.exchange.readers import dxf_outlines as dxf_walk
from layers.exchange.readers.dxf import CLOSING_GAP
from layers.exchange.readers.dxf_outlines import CHORD_TOLERANCE, arc_points
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table

HEADING = ExportHeading("嘉兴地块清单", {"软件": "MuPlan 1", "数据截至": "2024-12-31"})
X, Y = 571_000.0, 3_400_000.0
SQUARE = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100)]


def drawing(version="R2004", units=6):
    document = ezdxf.new(version, units=units)
    document.encoding = "gbk"
    return document, document.modelspace()


def read(folder: Path, document, layer=None, encoding=None, name="a.dxf"):
    path = folder / name
    document.saveas(path)
    return read_file(path, encoding=encoding, source_layer=layer)


def raw(folder: Path, content, name="a.dxf"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(path, **options):
    with pytest.raises(LayerError) as caught:
        read_file(path, **{"encoding": None, "source_layer": None, **options})
    return caught.value


def notes(source):
    return {note.code: dict(note.values) for note in source.evidence}


def test_a_closed_polyline_is_a_polygon_with_its_layer_and_the_text_in_it(tmp_path):
    document, space = drawing()
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "红线"})
    space.add_text("地块 1", dxfattribs={"insert": (X + 50, Y + 50), "layer": "注记"})
    space.add_mtext("{\\fSimSun;二类}工业", dxfattribs={"insert": (X + 50, Y + 40)})
    space.add_text("图名", dxfattribs={"insert": (X - 50, Y)})
    source = read(tmp_path, document)
    row = source.frame.iloc[0]
    assert (row["cad_layer"], row["cad_kind"]) == ("红线", "LWPOLYLINE")
    assert row["cad_label"].split(";") == ["地块 1", "二类工业"]
    assert row.geometry.equals(shapely.Polygon(SQUARE))
    assert source.crs is None  # asked for
    assert notes(source)["dxf_texts_outside"] == {"count": 1}
    assert source.layers == ("红线",)


def test_a_text_labels_the_smallest_shape_around_it(tmp_path):
    document, space = drawing()
    inner = [(X + 10, Y + 10), (X + 20, Y + 10), (X + 20, Y + 20), (X + 10, Y + 20)]
    space.add_lwpolyline(SQUARE, close=True)
    space.add_lwpolyline(inner, close=True)
    space.add_text("内", dxfattribs={"insert": (X + 15, Y + 15)})
    labels = read(tmp_path, document).frame["cad_label"].tolist()
    assert [label if isinstance(label, str) else None for label in labels] == [None, "内"]


def test_old_polylines_and_turned_over_planes_lie_where_they_are_drawn(tmp_path):
    document, space = drawing("R2000")
    space.add_polyline2d(SQUARE, close=True)
    space.add_polyline3d([(x, y, 5) for x, y in SQUARE], close=True)
    mirrored = [(-x, y) for x, y in SQUARE]
    space.add_lwpolyline(mirrored, close=True, dxfattribs={"extrusion": (0, 0, -1)})
    for shape in read(tmp_path, document).frame.geometry:
        assert shape.equals(shapely.Polygon(SQUARE))
        assert not shape.has_z


def test_bulges_and_circles_are_drawn_within_a_millimetre(tmp_path, monkeypatch):
    document, space = drawing()
    radius = 250.0
    space.add_circle((X, Y), radius)
    space.add_lwpolyline([(X - radius, Y, 1), (X + radius, Y, 1)], format="xyb", close=True)
    space.add_ellipse((X, Y), major_axis=(radius, 0), ratio=1.0)
    round_edge = space.add_hatch()
    round_edge.paths.add_edge_path().add_arc((X, Y), radius, 0, 360)
    halves = space.add_hatch().paths.add_edge_path()
    halves.add_arc((X, Y), radius, 0, 180)
    halves.add_arc((X, Y), radius, 180, 360)
    space.add_hatch().paths.add_polyline_path(
        [(X - radius, Y, 1), (X + radius, Y, 1)], is_closed=True
    )
    monkeypatch.setattr(dxf_shapes, "SAME_PLACE", 9)  # else they fill the circle and are left out
    source = read(tmp_path, document)
    for shape in source.frame.geometry:
        corners = shapely.get_coordinates(shape)
        middles = (corners[1:] + corners[:-1]) / 2
        assert abs(np.hypot(*(corners - (X, Y)).T) - radius).max() < 1e-6
        assert (radius - np.hypot(*(middles - (X, Y)).T)).max() <= CHORD_TOLERANCE * 1.01
        # A chord's segment has two thirds of sagitta times length: the area is short by so much.
        assert (
            0
            <= math.pi * radius**2 - shape.area
            < 2 / 3 * CHORD_TOLERANCE * math.tau * radius * 1.01
        )
    assert notes(source)["dxf_arcs_drawn"] == {"count": 6, "tolerance_mm": 1.0}


@pytest.mark.parametrize("bulge", [0.1, 1.0, 3.0, -0.4, -2.0])
def test_an_arc_lies_to_the_side_its_sign_says(bulge):
    points = np.array(arc_points((0, 0), (10, 0), bulge))
    # The sagitta is bulge times half the chord; above 0 the arc runs right of its chord.
    deepest = points[np.argmax(abs(points[:, 1])), 1]
    assert deepest == pytest.approx(-bulge * 5, abs=0.002)


def test_open_polylines_stay_lines_and_a_gap_of_a_centimetre_closes(tmp_path):
    document, space = drawing()
    for gap in (0.0, CLOSING_GAP * 0.9, CLOSING_GAP * 1.1, 30.0):
        space.add_lwpolyline([*SQUARE, (X, Y + gap)])
    source = read(tmp_path, document)
    kinds = [shape.geom_type for shape in source.frame.geometry]
    assert kinds == ["Polygon", "Polygon", "LineString", "LineString"]
    assert len(source.frame.geometry[1].exterior.coords) == 5
    said = notes(source)
    assert said["dxf_gaps_closed"]["count"] == 1
    assert said["dxf_gaps_closed"]["widest_mm"] == pytest.approx(9.0, abs=0.01)
    assert said["dxf_open_lines"] == {"count": 2}


def test_an_outline_without_three_corners_has_no_shape_and_a_crossed_one_has(tmp_path):
    document, space = drawing()
    space.add_lwpolyline([SQUARE[0], SQUARE[1], SQUARE[0], SQUARE[1]], close=True)
    space.add_lwpolyline(SQUARE[:2], close=True)
    space.add_lwpolyline([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], close=True)
    source = read(tmp_path, document)
    assert source.frame.geometry.isna().tolist() == [True, True, False]
    assert notes(source)["shapes_unreadable"] == {"count": 2}


def test_blocks_are_taken_apart_with_the_layer_of_their_place(tmp_path):
    document, space = drawing()
    block = document.blocks.new("地块块")
    block.add_lwpolyline([(0, 0), (10, 0), (10, 10), (0, 10)], close=True)
    outer = document.blocks.new("外")
    outer.add_blockref("地块块", (100, 0), dxfattribs={"xscale": 2, "yscale": 2, "layer": "0"})
    space.add_blockref("外", (X, Y), dxfattribs={"layer": "红线"})
    reference = space.add_blockref("地块块", (X, Y + 500), dxfattribs={"layer": "其他"})
    reference.add_attrib("DKBH", "JX-9", insert=(X + 5, Y + 505))
    frame = read(tmp_path, document).frame
    assert frame["cad_layer"].tolist() == ["红线", "其他"]
    assert frame["cad_block"].tolist() == ["地块块", "地块块"]
    assert frame.geometry[0].equals(shapely.box(X + 100, Y, X + 120, Y + 20))
    assert frame["cad_label"][1] == "JX-9"


def test_a_hatch_is_read_unless_its_outline_is_there(tmp_path):
    document, space = drawing()
    space.add_lwpolyline(SQUARE, close=True)
    same = space.add_hatch()
    same.paths.add_polyline_path([*SQUARE[2:], *SQUARE[:2]], is_closed=True)
    alone = space.add_hatch()
    alone.paths.add_polyline_path([(x + 200, y) for x, y in SQUARE], is_closed=True)
    hole = [(X + 210, Y + 10), (X + 220, Y + 10), (X + 220, Y + 20)]
    alone.paths.add_polyline_path(hole, is_closed=True, flags=16)
    source = read(tmp_path, document)
    assert source.frame["cad_kind"].tolist() == ["LWPOLYLINE", "HATCH"]
    assert source.frame.geometry[1].area == pytest.approx(10_000 - 50)
    assert notes(source)["dxf_hatches_on_outlines"] == {"count": 1}


def test_a_diagonal_is_not_the_outline_of_the_hatch_around_it(tmp_path):
    frame = gpd.GeoDataFrame(
        {"Layer": ["红线", "线"]},
        geometry=[shapely.Polygon(SQUARE), shapely.LineString([SQUARE[0], SQUARE[2]])],
        crs=4549,
    )
    # Drawn by GDAL: areas are hatches. The diagonal has the same box and middle as the square.
    pyogrio.write_dataframe(frame, tmp_path / "gdal.dxf", driver="DXF")
    came = read_file(tmp_path / "gdal.dxf", encoding=None, source_layer=None).frame
    assert came["cad_layer"].tolist() == ["红线", "线"]
    assert came.geometry[0].equals(shapely.Polygon(SQUARE))


def test_what_is_no_outline_is_counted_by_kind(tmp_path):
    document, space = drawing()
    space.add_line((X, Y), (X + 1, Y))
    space.add_arc((X, Y), 5, 0, 90)
    space.add_point((X, Y))
    with pytest.raises(LayerError) as caught:
        read(tmp_path, document)
    assert caught.value.code == "dxf_without_outlines"
    assert caught.value.values["others"] == "ARC 1, LINE 1, POINT 1"
    space.add_lwpolyline(SQUARE, close=True)
    assert notes(read(tmp_path, document))["dxf_passed_over"]["kinds"] == "ARC 1, LINE 1, POINT 1"


def test_data_of_other_programs_is_counted_not_read(tmp_path):
    document, space = drawing()
    document.appids.add("SOUTH")
    space.add_lwpolyline(SQUARE, close=True).set_xdata("SOUTH", [(1000, "300000")])
    assert notes(read(tmp_path, document))["dxf_xdata"] == {"count": 1, "programs": "SOUTH"}


def test_a_layer_can_be_chosen_and_hidden_ones_are_told(tmp_path):
    document, space = drawing()
    document.layers.add("红线")
    document.layers.add("草图").off()
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "红线"})
    space.add_lwpolyline(
        [(x, y + 200) for x, y in SQUARE], close=True, dxfattribs={"layer": "草图"}
    )
    source = read(tmp_path, document)
    assert notes(source)["dxf_layers_hidden"] == {"layers": "草图"}
    assert len(source.frame) == 2
    assert read(tmp_path, document, layer="红线").frame["cad_layer"].tolist() == ["红线"]
    error = error_of(tmp_path / "a.dxf", source_layer="红")
    assert (error.code, error.values["nearest"]) == ("source_layer_unknown", "红线")


# Units and encoding


@pytest.mark.parametrize(
    ("units", "factor", "code"),
    [(6, 1, None), (0, 1, None), (4, 1, "dxf_unit_not_followed"), (2, 1, "dxf_unit_not_followed"),
     (4, 1000, "dxf_millimetres"), (0, 1000, "dxf_millimetres")],
)  # fmt: skip
def test_the_stated_unit_is_followed_only_where_the_numbers_agree(tmp_path, units, factor, code):
    document, space = drawing(units=units)
    space.add_lwpolyline([(x * factor, y * factor) for x, y in SQUARE], close=True)
    source = read(tmp_path, document)
    said = {"dxf_unit_not_followed", "dxf_millimetres"} & notes(source).keys()
    assert said == ({code} if code else set())
    assert source.frame.geometry[0].area == pytest.approx(10_000)


def test_chinese_is_read_by_code_page_by_version_and_by_bytes(tmp_path):
    gbk, space = drawing("R2000")
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "工业用地"})
    source = read(tmp_path, gbk)
    assert (source.encoding, source.layers) == ("GB18030", ("工业用地",))
    assert "encoding_by_dxf" in notes(source)
    wrong = (tmp_path / "a.dxf").read_bytes().replace(b"ANSI_936", b"ANSI_1252")
    source = read_file(raw(tmp_path, wrong), encoding=None, source_layer=None)
    assert source.layers == ("工业用地",)
    newer, space = drawing("R2010")
    space.add_lwpolyline(SQUARE, close=True, dxfattribs={"layer": "工业用地"})
    assert read(tmp_path, newer).encoding == "UTF-8"


BARE = """  0
SECTION
  2
ENTITIES
  0
POLYLINE
  8
红线
 66
1
 70
1
  0
VERTEX
  8
红线
 10
571000.0
 20
3400000.0
  0
VERTEX
  8
红线
 10
571100.0
 20
3400000.0
  0
VERTEX
  8
红线
 10
571100.0
 20
3400100.0
  0
SEQEND
  0
ENDSEC
  0
EOF
"""


def test_a_bare_drawing_of_an_old_program_is_read(tmp_path):
    for content in (BARE.encode("gbk"), BARE.replace("\n", "\r\n").encode()):
        source = read_file(raw(tmp_path, content), encoding=None, source_layer=None)
        assert source.layers == ("红线",)
        assert source.frame.geometry[0].area == pytest.approx(5000)


def test_a_binary_drawing_is_read(tmp_path):
    document, space = drawing()
    space.add_lwpolyline(SQUARE, close=True)
    document.saveas(tmp_path / "b.dxf", fmt="bin")
    frame = read_file(tmp_path / "b.dxf", encoding=None, source_layer=None).frame
    assert frame.geometry[0].area == pytest.approx(10_000)


# What is refused


def test_a_dwg_is_refused_with_the_way_out_under_either_name(tmp_path):
    for name in ("a.dwg", "a.dxf"):
        assert error_of(raw(tmp_path, b"AC1032\x00\x00", name)).code == "dwg_refused"


def test_a_block_in_itself_and_blocks_that_multiply_end(tmp_path, monkeypatch):
    document, space = drawing()
    ring = document.blocks.new("环")
    ring.add_blockref("环", (0, 0))
    ring.add_lwpolyline([(0, 0), (1, 0), (1, 1)], close=True)
    space.add_blockref("环", (X, Y))
    source = read(tmp_path, document)
    assert len(source.frame) == dxf_walk.MAX_BLOCK_DEPTH
    assert "INSERT 1" in notes(source)["dxf_passed_over"]["kinds"]

    monkeypatch.setattr(dxf_walk, "MAX_ENTITIES", 500)
    document, space = drawing()
    below = document.blocks.new("B0")
    below.add_line((0, 0), (1, 1))
    for level in range(1, 12):
        block = document.blocks.new(f"B{level}")
        for _ in range(10):
            block.add_blockref(f"B{level - 1}", (0, 0))
    space.add_blockref("B11", (X, Y))
    document.saveas(tmp_path / "bomb.dxf")
    assert error_of(tmp_path / "bomb.dxf").code == "dxf_too_many"

    document, space = drawing()
    document.blocks.new("空")
    space.add_blockref("空", (X, Y), dxfattribs={"row_count": 32767, "column_count": 32767})
    space.add_lwpolyline(SQUARE, close=True)
    assert len(read(tmp_path, document).frame) == 1


def test_a_file_larger_than_the_limit_is_not_read(tmp_path, monkeypatch):
    path = raw(tmp_path, BARE)
    monkeypatch.setattr(dxf, "MAX_DXF_BYTES", path.stat().st_size)
    assert len(read_file(path, encoding=None, source_layer=None).frame) == 1
    monkeypatch.setattr(dxf, "MAX_DXF_BYTES", path.stat().st_size - 1)
    assert error_of(path).code == "file_too_large"


GOOD = BARE.encode("gbk")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 12), st.binary(max_size=8)),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_spoilt_drawing_is_read_or_refused_and_nothing_else(tmp_path_factory, cuts):
    spoilt = bytearray(GOOD)
    for at, length, instead in cuts:
        spoilt[at : at + length] = instead
    read_or_refuse(tmp_path_factory, bytes(spoilt))


def test_half_a_character_is_shown_and_counted_wherever_it_stands(tmp_path):
    half = b"\\U+D800"
    # Only a drawing that has to be recovered has them decoded.
    spoilt = GOOD.replace(b"571100.0", b"571100.0x")
    path = raw(tmp_path, spoilt.replace("红线".encode("gbk"), b"A" + half))
    content = read_file(path, encoding=None, source_layer=None)
    assert content.frame["cad_layer"].tolist() == ["A\N{REPLACEMENT CHARACTER}"]
    assert content.layers == ("A\N{REPLACEMENT CHARACTER}",)
    assert notes(content)["control_characters_shown"]["count"] == 1
    for note in content.evidence:
        str(dict(note.values)).encode()
    again = read_file(path, encoding=None, source_layer="A\N{REPLACEMENT CHARACTER}")
    assert len(again.frame) == 1
    error_of(path, source_layer="B").values["nearest"].encode()
    kind = raw(tmp_path, spoilt.replace(b"POLYLINE", b"A" + half).replace(b"VERTEX", b"B"))
    error_of(kind).values["others"].encode()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(tmp_path_factory, content):
    read_or_refuse(tmp_path_factory, content)
    read_or_refuse(tmp_path_factory, b"0\nSECTION\n" + content)
    read_or_refuse(tmp_path_factory, b"AutoCAD Binary DXF\r\n\x1a\x00" + content)


def rich_drawing() -> bytes:
    document, space = drawing("R2000")
    block = document.blocks.new("B")
    block.add_lwpolyline([(0, 0, 1), (10, 0, 0), (10, 10, 0)], format="xyb", close=True)
    space.add_blockref("B", (X, Y))
    space.add_hatch().paths.add_polyline_path(SQUARE, is_closed=True)
    space.add_spline([(0, 0), (1, 1), (2, 0)])
    space.add_ellipse((X, Y), major_axis=(5, 0))
    space.add_mtext("x", dxfattribs={"insert": (X, Y)})
    stream = io.StringIO()
    document.write(stream)
    return stream.getvalue().encode()


RICH = rich_drawing()
INSIDE = RICH.index(b"ENTITIES")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2500), st.integers(0, 12), st.binary(max_size=6)),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_spoilt_entities_of_every_kind_are_read_or_refused(tmp_path_factory, cuts):
    spoilt = bytearray(RICH)
    for at, length, instead in cuts:
        spoilt[INSIDE + at : INSIDE + at + length] = instead
    read_or_refuse(tmp_path_factory, bytes(spoilt))


def read_or_refuse(tmp_path_factory, content):
    path = raw(tmp_path_factory.mktemp("fuzz"), content)
    try:
        read_file(path, encoding=None, source_layer=None)
    except LayerError:
        return


# Written and read back


def parcels():
    square = shapely.box(X + 0.1234, Y + 0.4321, X + 100, Y + 100)
    holed = square.difference(shapely.box(X + 10, Y + 10, X + 20, Y + 20))
    two = shapely.MultiPolygon([shapely.affinity.translate(holed, 300 * i) for i in (1, 2)])
    return gpd.GeoDataFrame(
        {
            "parcel_id": ["甲-1", "P2", "☃3", "P4"],
            "name": ["a", "b", "c", "d"],
            "land_use_code": ["0601", "06/01", None, "0601"],
        },
        geometry=[holed, two, shapely.LineString(SQUARE[:3]), shapely.Point(X + 700, Y)],
        crs="EPSG:4549",
    )  # fmt: skip


def test_a_layer_comes_back_from_dxf_with_the_same_rows_to_a_millimetre(tmp_path):
    frame = parcels()
    path = tmp_path / "out.dxf"
    said = write_table(path, [Sheet("地块", frame)], heading=HEADING)
    assert [(note.code, dict(note.values)) for note in said] == [
        ("dxf_columns_left_out", {"count": 1})
    ]
    source = read_file(path, encoding=None, source_layer=None)
    came = source.frame
    assert came["cad_layer"].tolist() == ["0601", "06_01", "地块", "0601"]
    assert came["cad_label"].tolist() == frame["parcel_id"].tolist()
    assert source.encoding == "UTF-8"
    assert [shape.geom_type for shape in came.geometry] == [
        "Polygon", "MultiPolygon", "LineString", "Point",
    ]  # fmt: skip
    came = came.set_crs(frame.crs)
    assert (came.geometry.hausdorff_distance(frame.geometry) < 0.001).all()
    assert (abs(came.area - frame.area) < 0.01).all()


def test_texts_that_gbk_cannot_hold_come_back(tmp_path):
    frame = parcels().iloc[:1].assign(parcel_id=["☃3 ␀B"])
    write_table(tmp_path / "out.dxf", [Sheet("地块", frame)], heading=HEADING)
    came = read_file(tmp_path / "out.dxf", encoding=None, source_layer=None).frame
    assert came["cad_label"].tolist() == ["☃3 ␀B"]


def test_other_programs_read_the_drawing_and_its_sources_stand_in_it(tmp_path):
    path = tmp_path / "out.dxf"
    write_table(path, [Sheet("地块", parcels().drop(index=2))], heading=HEADING)
    document = ezdxf.readfile(path)
    assert document.header.custom_vars.get("数据截至") == "2024-12-31"
    assert document.header["$DWGCODEPAGE"] == "ANSI_936"
    assert document.header["$INSUNITS"] == 6
    frame = pyogrio.read_dataframe(path)
    assert {"0601", "06_01", "注记"} == set(frame["Layer"])
    assert {"甲-1", "P2"} <= set(frame["Text"].dropna())
