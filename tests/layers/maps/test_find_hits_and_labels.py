import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from layers.maps.features import draw_layer, draw_layers, metres_per_pixel, to_lon_lat
from layers.maps.find import Hit, rows_at
from layers.maps.tiles import LONGEST, LabelLayer, shown_text

Z, X, Y = 14, 13687, 6737
AS_OF = "2025-06-30"


def units(at_pixel, boxes, names):
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"U{at}" for at in range(len(boxes))],
            "name": pd.Series(names, dtype="str"),
            "unit_kind": pd.Series(["county"] * len(boxes), dtype="str"),
        },
        geometry=[
            shapely.box(*at_pixel(left, bottom), *at_pixel(right, top))
            for left, top, right, bottom in boxes
        ],
        crs=3857,
    )


def labels_of(styles, frame):
    return LabelLayer([draw_layer(frame, styles.layers["units"], AS_OF)])


def ink(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3] > 0


def test_a_name_stands_in_the_middle_of_its_unit(styles, at_pixel):
    labels = labels_of(styles, units(at_pixel, [(60, 40, 180, 160)], ["秀洲区"]))
    rows, columns = np.nonzero(ink(labels.png(Z, X, Y)))
    assert (rows.min() + rows.max()) / 2 == pytest.approx(100, abs=3)
    assert (columns.min() + columns.max()) / 2 == pytest.approx(120, abs=3)


def test_a_name_is_not_cut_where_two_tiles_meet(styles, at_pixel):
    inner = labels_of(styles, units(at_pixel, [(68, 40, 188, 160)], ["经济技术开发区"]))
    whole = ink(inner.png(Z, X, Y))
    across = labels_of(styles, units(at_pixel, [(196, 40, 316, 160)], ["经济技术开发区"]))
    both = np.concatenate([ink(across.png(Z, X, Y)), ink(across.png(Z, X + 1, Y))], axis=1)
    assert (both[:, 128:384] == whole).mean() > 0.999
    assert both[:, :256].any()
    assert both[:, 256:].any()


def test_names_do_not_cover_one_another(styles, at_pixel):
    boxes = [(100, 100, 160, 160), (101, 101, 159, 159), (102, 102, 158, 158)]
    labels = labels_of(styles, units(at_pixel, boxes * 4, [f"单位{at}" for at in range(12)]))
    placed = labels._placed(Z)
    assert 0 < len(placed.names) < 12
    first, second = placed.tree.query(placed.tree.geometries, predicate="overlaps")
    assert not len(first)
    assert not len(second)


def test_one_name_is_not_written_twice_side_by_side(styles, at_pixel):
    boxes = [(0, 0, 60, 60), (100, 100, 160, 160), (900, 900, 960, 960)]
    labels = labels_of(styles, units(at_pixel, boxes, ["经开区"] * 3))
    assert len(labels._placed(Z).names) == 2


def test_rows_without_a_name_write_none(styles, at_pixel):
    labels = labels_of(styles, units(at_pixel, [(0, 0, 90, 90)], [None]))
    assert labels.names == []
    assert not ink(labels.png(Z, X, Y)).any()


def test_platform_names_appear_from_their_zoom_on(styles, at_pixel):
    style = styles.layers["major_platforms"]
    box = shapely.box(*at_pixel(0, 90), *at_pixel(90, 0))
    frame = gpd.GeoDataFrame(
        {"platform_id": ["M1"], "name": ["嘉兴经开区"]}, geometry=[box], crs=3857
    )
    labels = LabelLayer([draw_layer(frame, style, AS_OF)])
    start = style.label.from_zoom
    assert len(labels._placed(start - 1).names) == 0
    assert len(labels._placed(start).names) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("一\n二\t三", "一 二 三"),
        ("  ", ""),
        ("字" * LONGEST, "字" * LONGEST),
        ("字" * (LONGEST + 1), "字" * (LONGEST - 1) + "…"),
        ("a\u202eb\x00c", "abc"),
    ],
)
def test_a_hostile_name_becomes_one_plain_line(name, shown):
    assert shown_text(name) == shown


def test_no_name_is_too_odd_to_be_written(styles, at_pixel):
    odd = ["<img src=x onerror=alert(1)>", "🏭厂", "\u0e33" * 9, "𠮷野", "{name}", "%s", "\\"]
    labels = labels_of(styles, units(at_pixel, [(0, 0, 256, 256)] * len(odd), odd))
    assert labels.png(Z, X, Y).startswith(b"\x89PNG")


@pytest.fixture
def layers(styles, at_pixel, parcels):
    nested = [(0, 0, 200, 200), (50, 50, 150, 150), (150, 50, 190, 150)]
    boxes = [shapely.box(*at_pixel(a, d), *at_pixel(c, b)) for a, b, c, d in nested]
    barriers = gpd.GeoDataFrame(
        {"barrier_id": ["B0"], "barrier_class": ["lane"]},
        geometry=[shapely.LineString([at_pixel(0, 20), at_pixel(300, 20)])],
        crs=3857,
    )
    frames = {"land_parcels": parcels(boxes, ["idle", "cleared", "listed"]), "barriers": barriers}
    return draw_layers(frames, styles, AS_OF)


def keys_at(layers, at_pixel, x, y):
    lon, lat = to_lon_lat(*at_pixel(x, y))
    return [(hit.layer, hit.key) for hit in rows_at(layers, lon, lat, Z)]


def test_a_click_finds_the_smallest_area_first(layers, at_pixel):
    assert keys_at(layers, at_pixel, 100, 100) == [("land_parcels", "P1"), ("land_parcels", "P0")]


def test_a_click_beyond_all_areas_finds_none(layers, at_pixel):
    assert keys_at(layers, at_pixel, 240, 100) == []


def test_a_click_on_a_common_border_finds_both(layers, at_pixel):
    found = keys_at(layers, at_pixel, 150, 100)
    assert {("land_parcels", "P1"), ("land_parcels", "P2")} & set(found)
    assert ("land_parcels", "P0") in found


@pytest.mark.parametrize(("distance_px", "is_found"), [(5.9, True), (6.1, False)])
def test_a_line_is_found_within_six_pixels(layers, at_pixel, distance_px, is_found):
    found = keys_at(layers, at_pixel, 250, 20 + distance_px)
    assert found == ([("barriers", "B0")] if is_found else [])


def test_upper_layers_are_named_before_lower_ones(layers, at_pixel):
    lon, lat = to_lon_lat(*at_pixel(100, 21))
    assert rows_at(layers, lon, lat, Z) == [
        Hit("barriers", "barriers", "B0"),
        Hit("land_parcels", "land_parcels", "P0"),
    ]


def test_the_reach_of_a_click_grows_with_the_metres_of_a_pixel(layers, at_pixel):
    x, y = at_pixel(250, 20)
    lon, lat = to_lon_lat(x, y - 8 * metres_per_pixel(Z))
    assert rows_at(layers, lon, lat, Z) == []
    assert rows_at(layers, lon, lat, Z - 1) == [Hit("barriers", "barriers", "B0")]


def test_a_row_of_several_parts_is_named_once(styles, at_pixel, parcels):
    point = at_pixel(50, 50)
    whole = shapely.MultiPolygon(
        [
            shapely.box(*at_pixel(0, 50), *at_pixel(50, 0)),
            shapely.box(*at_pixel(50, 99), *at_pixel(99, 50)),
        ]
    )
    drawn = draw_layers({"land_parcels": parcels([whole], ["idle"])}, styles, AS_OF)
    assert [hit.key for hit in rows_at(drawn, *to_lon_lat(*point), Z)] == ["P0"]
