import io
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layers.errors import LayerError
from layers.exchange.heading import ExportHeading
from layers.exchange.read import read_file
from layers.exchange.readers import kml
from layers.exchange.readers import kml as kml_parsing
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table

HEADING = ExportHeading("嘉兴地块清单", {"软件": "MuPlan 1", "数据截至": "2024-12-31"})
RING = "120.7,30.7 120.71,30.7 120.71,30.71 120.7,30.71 120.7,30.7"
HOLE = "120.702,30.702 120.704,30.702 120.704,30.704 120.702,30.702"


def ring(text=RING):
    return f"<LinearRing><coordinates>{text}</coordinates></LinearRing>"


def polygon(outer=RING, *holes):
    inner = "".join(f"<innerBoundaryIs>{ring(hole)}</innerBoundaryIs>" for hole in holes)
    return f"<Polygon><outerBoundaryIs>{ring(outer)}</outerBoundaryIs>{inner}</Polygon>"


def placemark(inside, name="甲"):
    return f"<Placemark><name>{name}</name>{inside}</Placemark>"


def document(*inside, head='<?xml version="1.0" encoding="UTF-8"?>'):
    opened = f'{head}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return f"{opened}{''.join(inside)}</Document></kml>"


def saved(folder: Path, text, name="a.kml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path, layer=None, encoding=None):
    return read_file(path, encoding=encoding, source_layer=layer)


def error_of(path, **options):
    with pytest.raises(LayerError) as caught:
        read(path, **options)
    return caught.value


def notes(source):
    return {note.code: dict(note.values) for note in source.evidence}


def test_a_placemark_is_a_row_with_its_name_its_folders_and_its_data(tmp_path):
    text = document(
        "<name>文件名</name>",
        "<Folder><name>红线</name><Folder><name>一期</name>",
        placemark(
            "<description>工业</description><ExtendedData>"
            '<Data name="地块编号"><displayName>编号</displayName><value>JX-1</value></Data>'
            '<Data name="面积"><value>12.5</value></Data></ExtendedData>' + polygon(RING, HOLE)
        ),
        "</Folder></Folder>",
        placemark(polygon(), "乙"),
    )
    source = read(saved(tmp_path, text))
    frame = source.frame
    assert list(frame.columns) == ["name", "description", "folder", "地块编号", "面积", "geometry"]
    assert frame["name"].tolist() == ["甲", "乙"]
    assert frame["folder"].where(frame["folder"].notna(), None).tolist() == ["红线/一期", None]
    assert frame["地块编号"][0] == "JX-1"
    assert len(frame.geometry[0].interiors) == 1
    assert (source.format, source.crs.to_authority()[1]) == ("kml", "CRS84")
    assert source.layers == ("红线/一期",)


def test_declared_columns_are_numbers_and_keep_their_order(tmp_path):
    schema = (
        '<Schema name="t" id="t"><SimpleField type="string" name="DKBH"/>'
        '<SimpleField type="double" name="MJ"/><SimpleField type="int" name="N"/>'
        '<SimpleField type="double" name="空"/></Schema>'
    )
    row = (
        '<ExtendedData><SchemaData schemaUrl="#t"><SimpleData name="N">{n}</SimpleData>'
        '<SimpleData name="MJ">{mj}</SimpleData><SimpleData name="DKBH">{no}</SimpleData>'
        "</SchemaData></ExtendedData>"
    )
    text = document(
        schema,
        f"<Placemark>{row.format(n=1, mj='2.50', no='001')}{polygon()}</Placemark>",
        f"<Placemark>{row.format(n=2, mj='x', no='002')}{polygon()}</Placemark>",
    )
    frame = read(saved(tmp_path, text)).frame
    assert list(frame.columns) == ["DKBH", "MJ", "N", "空", "geometry"]
    assert frame["N"].tolist() == [1, 2]
    assert frame["MJ"].tolist() == ["2.50", "x"]  # one is no number: as written, for the contract
    assert frame["空"].isna().all()


def test_lines_points_and_several_shapes_are_read(tmp_path):
    line = "<LineString><coordinates>120.7,30.7 120.8,30.7</coordinates></LineString>"
    point = "<Point><coordinates>120.7,30.7,0</coordinates></Point>"
    many = (
        f"<MultiGeometry>{polygon()}<MultiGeometry>{polygon(HOLE)}</MultiGeometry></MultiGeometry>"
    )
    mixed = f"<MultiGeometry>{polygon()}{point}</MultiGeometry>"
    text = document(*[placemark(shape) for shape in (line, point, many, mixed, "")])
    frame = read(saved(tmp_path, text)).frame
    assert [None if s is None else s.geom_type for s in frame.geometry] == [
        "LineString", "Point", "MultiPolygon", "GeometryCollection", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "coordinates",
    ["120.7, 30.7, 0 120.8, 30.7, 0 120.8, 30.8, 0", "\n120.7,30.7\t120.8,30.7\r\n120.8,30.8 "],
)
def test_blanks_behind_commas_and_open_rings_are_forgiven(tmp_path, coordinates):
    source = read(saved(tmp_path, document(placemark(polygon(coordinates)))))
    assert source.frame.geometry[0].equals(
        shapely.Polygon([(120.7, 30.7), (120.8, 30.7), (120.8, 30.8)])
    )
    assert not source.frame.geometry[0].has_z


@pytest.mark.parametrize(
    "coordinates",
    ["", "120.7,30.7 120.8,30.7", "120.7,x 120.8,30.7 120.8,30.8", "nan,30 121,30 121,31",
     "120.7 30.7 120.8 30.7", "120,30,1 121,30 121,31,5 120,31"],
)  # fmt: skip
def test_a_shape_that_cannot_be_built_is_missing_and_counted(tmp_path, coordinates):
    source = read(saved(tmp_path, document(placemark(polygon(coordinates)), placemark(polygon()))))
    assert source.frame.geometry.isna().tolist() == [True, False]
    assert notes(source)["shapes_unreadable"] == {"count": 1}


def test_heights_stay_where_there_are_any(tmp_path):
    high = "<Point><coordinates>120.7,30.7,12.5</coordinates></Point>"
    shape = read(saved(tmp_path, document(placemark(high)))).frame.geometry[0]
    assert shape.z == 12.5


def test_links_and_tracks_are_passed_over_and_said(tmp_path):
    text = document(
        "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>",
        "<GroundOverlay><name>影像</name></GroundOverlay>",
        placemark(
            "<gx:Track><gx:coord>120 30 0</gx:coord><gx:coord>121 30 0</gx:coord></gx:Track>"
        ),
        placemark(polygon(), "乙"),
    )
    source = read(saved(tmp_path, text))
    said = notes(source)
    assert said["kml_links_not_followed"] == {"count": 1}
    assert said["kml_passed_over"] == {"count": 2, "names": "GroundOverlay, gx:Track"}
    assert source.frame["name"].tolist() == ["甲", "乙"]


def test_prefixes_and_older_namespaces_make_no_difference(tmp_path):
    prefixed = document(placemark(polygon()))
    for tag in ("kml", "Document", "Placemark", "name", "Polygon", "outerBoundaryIs",
                "LinearRing", "coordinates"):  # fmt: skip
        prefixed = prefixed.replace(f"<{tag}", f"<k:{tag}").replace(f"</{tag}", f"</k:{tag}")
    older = document(placemark(polygon())).replace(
        "http://www.opengis.net/kml/2.2", "http://earth.google.com/kml/2.1"
    )
    bare = f"<Document>{placemark(polygon())}</Document>"
    for text in (prefixed, older, bare):
        frame = read(saved(tmp_path, text)).frame
        assert frame["name"].tolist() == ["甲"]
        assert frame.geometry[0].area > 0


def test_text_in_gbk_is_read_whatever_is_declared(tmp_path):
    for declared in ("GBK", "UTF-8"):
        text = document(
            placemark(polygon(), "嘉兴"), head=f'<?xml version="1.0" encoding="{declared}"?>'
        )
        source = read(saved(tmp_path, text.encode("gbk")))
        assert source.frame["name"][0] == "嘉兴"
        assert source.encoding == "GB18030"


def test_a_folder_can_be_chosen(tmp_path):
    text = document(
        "<Folder><name>红线</name>", placemark(polygon()),
        "<Folder><name>一期</name>", placemark(polygon(), "乙"), "</Folder></Folder>",
        "<Folder><name>标注</name>", placemark("<Point><coordinates>1,2</coordinates></Point>"),
        "</Folder>",
    )  # fmt: skip
    path = saved(tmp_path, text)
    assert read(path, "红线").frame["name"].tolist() == ["甲", "乙"]
    assert read(path, "红线/一期").frame["name"].tolist() == ["乙"]
    error = error_of(path, layer="红")
    assert (error.code, error.values["nearest"]) == ("source_layer_unknown", "红线")


def zipped(folder, members, name="a.kmz"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def test_a_kmz_gives_its_first_document(tmp_path):
    members = {
        "files/b.kml": document(placemark(polygon(), "里层")),
        "doc.kml": document(placemark(polygon(), "外层")),
        "files/a.png": b"x",
    }
    assert read(zipped(tmp_path, members)).frame["name"].tolist() == ["外层"]
    assert error_of(zipped(tmp_path, {"a.txt": "x"})).code == "not_a_gis_file"


def ov_placemark(system):
    stated = f"<OvCoordType>{system}</OvCoordType>" if system else ""
    return placemark(stated + polygon())


@pytest.mark.parametrize(
    ("name", "systems", "code", "stated"),
    [
        ("a.kml", [""], None, None),
        ("a.ovkml", [""], "kml_shift_possible", "—"),
        ("a.ovkml", ["GCJ02"], "kml_shift_possible", "GCJ02"),
        ("a.ovkml", ["CGCS2000", ""], "kml_shift_possible", "CGCS2000"),
        ("a.kml", ["CGCS2000", "GCJ02"], "kml_shift_possible", "CGCS2000, GCJ02"),
        ("a.ovkml", ["CGCS2000", "WGS84"], "kml_system_stated", None),
        ("a.kml", ["WGS84"], "kml_system_stated", None),
    ],
)
def test_coordinates_that_may_be_shifted_are_told(tmp_path, name, systems, code, stated):
    source = read(saved(tmp_path, document(*map(ov_placemark, systems)), name))
    said = notes(source)
    assert {"kml_shift_possible", "kml_system_stated"} & said.keys() == ({code} if code else set())
    if stated:
        assert said[code]["stated"] == stated


def test_the_binary_format_of_ovital_is_refused_with_the_way_out(tmp_path):
    assert error_of(saved(tmp_path, b"OviO\x00\x01", "a.ovobj")).code == "ovobj_refused"


# Hostile files

ENTITIES = "".join(
    f'<!ENTITY {name} "{10 * f"&{of};"}">' for name, of in zip("bcdefghi", "abcdefgh", strict=True)
)
BOMB = (
    f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]>'
    "<kml><Placemark><name>&i;</name></Placemark></kml>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<kml><Placemark><name>&x;</name></Placemark></kml>"
)


def test_a_dtd_is_refused_before_any_entity_is_opened(tmp_path):
    for text in (BOMB, OUTSIDE, '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/x.dtd"><kml/>'):
        assert error_of(saved(tmp_path, text)).code == "xml_with_dtd"


def test_an_entity_nobody_declared_ends_the_file(tmp_path):
    assert error_of(saved(tmp_path, document(placemark("&x;")))).code == "file_truncated"


def test_nesting_is_bounded(tmp_path):
    deepest = kml_parsing.MAX_DEPTH - 5  # kml, Document, Placemark, Point, coordinates
    point = "<Point><coordinates>120,30</coordinates></Point>"

    def nested(count):
        return document(placemark("<MultiGeometry>" * count + point + "</MultiGeometry>" * count))

    assert len(read(saved(tmp_path, nested(deepest))).frame) == 1
    assert error_of(saved(tmp_path, nested(deepest + 1))).code == "xml_too_deep"
    assert error_of(saved(tmp_path, "<kml>" + "<Folder>" * 100_000)).code == "xml_too_deep"


def test_a_file_larger_than_the_limit_is_not_read(tmp_path, monkeypatch):
    text = document(placemark(polygon()))
    path = saved(tmp_path, text)
    monkeypatch.setattr(kml, "MAX_KML_BYTES", len(text.encode()))
    assert len(read(path).frame) == 1
    monkeypatch.setattr(kml, "MAX_KML_BYTES", len(text.encode()) - 1)
    assert error_of(path).code == "file_too_large"


def test_a_kmz_that_claims_a_gigabyte_is_not_unpacked(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"0" * 1000)
    claimed = packed.getvalue().replace((1000).to_bytes(4, "little"), (2**30).to_bytes(4, "little"))
    assert claimed != packed.getvalue()
    assert error_of(saved(tmp_path, claimed, "a.kmz")).code == "archive_too_large"


def test_a_kmz_that_claims_less_than_it_holds_is_broken(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"0" * 100_000)
    claimed = packed.getvalue().replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert error_of(saved(tmp_path, claimed, "a.kmz")).code in {"file_truncated", "not_a_gis_file"}


def test_members_that_point_out_of_the_archive_are_refused(tmp_path):
    for member in ("../doc.kml", "/doc.kml", "C:/doc.kml", "a\\..\\..\\doc.kml"):
        error = error_of(zipped(tmp_path, {member: document(placemark(polygon()))}))
        assert error.code == "archive_unsafe"


def test_half_a_file_and_other_xml_are_refused(tmp_path):
    text = document(placemark(polygon()))
    assert error_of(saved(tmp_path, text[: len(text) // 2])).code == "file_truncated"
    for other in ("<html><Placemark/></html>", "kml", "\x01\x02", "<kml", "{}"):
        assert error_of(saved(tmp_path, other)).code in {"not_a_gis_file", "file_truncated"}
    assert error_of(saved(tmp_path, document())).code == "file_empty"


GOOD = document(
    '<Schema id="t"><SimpleField type="int" name="n"/></Schema><Folder><name>f</name>',
    placemark('<ExtendedData><SchemaData schemaUrl="#t"><SimpleData name="n">1</SimpleData>'
              f"</SchemaData></ExtendedData>{polygon(RING, HOLE)}"),
    "</Folder>",
).encode()  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 12), st.binary(max_size=8)),
        min_size=1, max_size=4,
    )
)  # fmt: skip
@example(cuts=[(0, len(GOOD), b"\xff\xfe<")])
def test_a_spoilt_file_is_read_or_refused_and_nothing_else(tmp_path_factory, cuts):
    spoilt = bytearray(GOOD)
    for at, length, instead in cuts:
        spoilt[at : at + length] = instead
    read_or_refuse(tmp_path_factory, bytes(spoilt))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(tmp_path_factory, content):
    read_or_refuse(tmp_path_factory, content)
    read_or_refuse(tmp_path_factory, b"<kml><Placemark>" + content)


def read_or_refuse(tmp_path_factory, content):
    path = saved(tmp_path_factory.mktemp("fuzz"), content)
    try:
        read(path)
    except LayerError:
        return


# Written and read back


def parcels():
    square = shapely.box(571_000.1234, 3_400_000.4321, 571_100, 3_400_100)
    holed = square.difference(shapely.box(571_010, 3_400_010, 571_020, 3_400_020))
    two = shapely.MultiPolygon([shapely.affinity.translate(square, 300 * i) for i in (1, 2)])
    return gpd.GeoDataFrame(
        {
            "parcel_id": ["P1", "P2", "P3"],
            "name": ["甲 & <乙>", None, "]]>\"'"],
            "area_declared_m2": [1.5, np.nan, 1e-7],
            "parcel_count": [1, 2, 3],
            "src_备注": ["a\nb", "", None],
            "note": [None, None, None],
        },
        geometry=[holed, two, shapely.LineString([(571_000, 3_400_000), (571_100, 3_400_050)])],
        crs="EPSG:4549",
    )  # fmt: skip


def known(column):
    return [None if pd.isna(value) or value == "" else value for value in column]


def test_a_layer_comes_back_from_kml_with_the_same_rows_to_a_millimetre(tmp_path):
    frame = parcels()
    path = tmp_path / "out.kml"
    write_table(path, [Sheet("地块", frame)], heading=HEADING)
    source = read(path)
    came = source.frame
    assert list(came.columns) == list(frame.columns)
    for name in frame.columns.drop("geometry"):
        assert known(came[name]) == known(frame[name]), name
    assert came["area_declared_m2"].dtype == "float64"
    away = came.geometry.to_crs(4549).hausdorff_distance(frame.geometry)
    assert (away < 0.001).all()


def test_a_kml_is_headed_in_words_and_other_programs_read_it(tmp_path):
    path = tmp_path / "out.kml"
    write_table(path, [Sheet("地块", parcels())], heading=HEADING)
    text = path.read_text(encoding="utf-8")
    assert "<displayName>登记面积（m²）</displayName>" in text
    assert "数据截至: 2024-12-31" in text
    frame = pyogrio.read_dataframe(path)
    assert len(frame) == 3
    assert pd.Series(frame.geometry.geom_type).tolist() == [
        "Polygon", "MultiPolygon", "LineString",
    ]  # fmt: skip


def test_a_kml_written_by_gdal_is_read(tmp_path):
    path = tmp_path / "gdal.kml"
    frame = parcels()[["parcel_id", "area_declared_m2", "geometry"]].to_crs(4326)
    pyogrio.write_dataframe(frame, path, driver="KML", layer="地块")
    came = read(path).frame
    assert came["parcel_id"].tolist() == ["P1", "P2", "P3"]
    away = came.geometry.to_crs(4549).hausdorff_distance(parcels().geometry)
    assert (away < 0.001).all()
