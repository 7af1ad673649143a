import io
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from layers.errors import LayerError
from layers.maps.features import AREA, LINE, POINT, draw_layer, draw_layers
from layers.maps.painting import dashes, paint_boxes
from layers.maps.style import rgba
from layers.maps.tiles import TILE_OVERHEAD, TileLayer, TileStore

Z, X, Y = 14, 13687, 6737
AS_OF = "2025-06-30"


def pixels(png):
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    return np.asarray(image).astype(int)


def square(at_pixel, left, top, right, bottom):
    return shapely.box(*at_pixel(left, bottom), *at_pixel(right, top))


def colour_of(styles, layer, code):
    mark = next(entry.mark for entry in styles.layers[layer].classes if entry.code == code)
    return rgba(mark.fill, mark.opacity)


def tiles_of(styles, frame, layer="land_parcels"):
    return TileLayer(draw_layer(frame, styles.layers[layer], AS_OF))


def test_a_parcel_is_filled_where_it_lies_and_nowhere_else(styles, at_pixel, parcels):
    frame = parcels([square(at_pixel, 64, 32, 128, 96)], ["cleared"])
    tile = pixels(tiles_of(styles, frame).png(Z, X, Y))
    assert tile.shape == (256, 256, 4)
    assert np.abs(tile[64, 96] - colour_of(styles, "land_parcels", "cleared")).max() <= 1
    inside = np.zeros((256, 256), dtype=bool)
    inside[31:97, 63:129] = True
    assert not tile[~inside, 3].any()
    assert tile[33:95, 65:127, 3].all()


def test_the_map_is_not_mirrored_for_a_system_whose_axes_are_north_first(styles, at_pixel, parcels):
    # EPSG:4490 lists latitude first; the corner must still lie to the north-west.
    frame = parcels([square(at_pixel, 0, 0, 60, 20)], ["idle"]).to_crs(4490)
    tile = pixels(tiles_of(styles, frame).png(Z, X, Y))
    assert tile[10, 50, 3] > 0
    assert tile[50, 10, 3] == 0


def test_what_lies_in_the_hole_of_a_parcel_is_not_covered(styles, at_pixel, parcels):
    ring = square(at_pixel, 20, 20, 200, 200).difference(square(at_pixel, 60, 60, 160, 160))
    island = square(at_pixel, 100, 100, 120, 120)
    tile = pixels(tiles_of(styles, parcels([ring, island], ["idle", "cleared"])).png(Z, X, Y))
    assert tile[80, 80, 3] == 0
    assert np.abs(tile[110, 110] - colour_of(styles, "land_parcels", "cleared")).max() <= 1
    assert np.abs(tile[40, 40] - colour_of(styles, "land_parcels", "idle")).max() <= 1


def test_a_small_parcel_lies_on_the_large_one_whatever_the_order_of_rows(styles, at_pixel, parcels):
    large, small = square(at_pixel, 10, 10, 200, 200), square(at_pixel, 50, 50, 90, 90)
    one = tiles_of(styles, parcels([large, small], ["idle", "cleared"])).png(Z, X, Y)
    other = tiles_of(styles, parcels([small, large], ["cleared", "idle"])).png(Z, X, Y)
    assert one == other
    assert np.abs(pixels(one)[70, 70] - colour_of(styles, "land_parcels", "cleared")).max() <= 1


def test_tiny_parcels_cover_about_their_own_area(styles, at_pixel, parcels):
    # 400 triangles of half of 2 by 2 pixels each: 2 px² apiece, 800 px² together.
    corners = [(10 + 11 * column, 10 + 11 * row) for column in range(20) for row in range(20)]
    shapes = [
        shapely.Polygon([at_pixel(x, y), at_pixel(x + 2, y), at_pixel(x, y + 2)])
        for x, y in corners
    ]
    tile = pixels(tiles_of(styles, parcels(shapes, ["in_production"] * 400)).png(Z, X, Y))
    opacity = colour_of(styles, "land_parcels", "in_production")[3]
    assert tile[..., 3].sum() / opacity == pytest.approx(800, rel=0.35)


def test_a_parcel_smaller_than_a_pixel_is_still_seen(styles, at_pixel, parcels):
    frame = parcels([square(at_pixel, 100, 100, 100.01, 100.01)], ["idle"])
    assert pixels(tiles_of(styles, frame).png(Z, X, Y))[99:102, 99:102, 3].any()


def test_boxes_at_the_border_are_cut_and_those_beyond_are_left_out():
    image = Image.new("RGBA", (8, 8))
    corner = np.array([[-1, -1], [7, 7], [20, 3], [-30, -30]])
    size = np.array([[2, 2], [3, 3], [2, 2], [2, 2]])
    colours = np.tile(np.array([[1, 2, 3, 255]], dtype=np.uint8), (4, 1))
    painted = np.asarray(paint_boxes(image, corner, size, colours))
    assert np.argwhere(painted[..., 3] > 0).tolist() == [[0, 0], [7, 7]]


def test_neighbouring_tiles_agree_on_a_parcel_that_crosses_their_border(styles, at_pixel, parcels):
    frame = parcels([square(at_pixel, 200, 100, 320, 160)], ["planned"])
    tiles = tiles_of(styles, frame)
    both = np.concatenate([pixels(tiles.png(Z, X, Y)), pixels(tiles.png(Z, X + 1, Y))], axis=1)
    rows = both[110:150, :, 3]
    # The dots of the pattern repeat every 8 pixels, across the border as elsewhere.
    assert (rows[:, 216:248] == rows[:, 256:288]).all()
    assert (rows[:, 216:248] == rows[:, 248:280]).all()


@pytest.mark.parametrize(
    ("z", "x", "y"), [(-1, 0, 0), (21, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (3, 0, -1)]
)
def test_there_is_no_tile_outside_the_world(styles, at_pixel, parcels, z, x, y):
    frame = parcels([square(at_pixel, 0, 0, 9, 9)], ["idle"])
    assert tiles_of(styles, frame).png(z, x, y) is None


def test_an_empty_tile_is_one_transparent_pixel(styles, at_pixel, parcels):
    tiles = tiles_of(styles, parcels([square(at_pixel, 0, 0, 9, 9)], ["idle"]))
    assert pixels(tiles.png(3, 0, 0)).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize("z", [0, 5, 10, 14, 20])
def test_every_map_layer_paints_every_kind_of_shape_at_every_zoom(styles, at_pixel, z):
    shapes = [
        square(at_pixel, 0, 0, 200, 200),
        shapely.LineString([at_pixel(0, 0), at_pixel(90, 120), at_pixel(400, 130)]),
        shapely.Point(at_pixel(100, 100)),
        shapely.MultiPolygon([square(at_pixel, 0, 0, 9, 9), square(at_pixel, 20, 20, 29, 29)]),
        None,
        shapely.Polygon(),
    ]
    for style in styles.layers.values():
        frame = gpd.GeoDataFrame(
            {
                styles_key(style): [str(at) for at in range(6)],
                **{
                    column: pd.Series([code] * 6, dtype="str")
                    for column, code in style.where.items()
                },
            },
            geometry=shapes,
            crs=3857,
        )
        drawn = draw_layer(frame, style, AS_OF)
        assert drawn.undrawn == 2
        shift = 14 - z
        x, y = (X >> shift, Y >> shift) if shift >= 0 else (X << -shift, Y << -shift)
        assert TileLayer(drawn).png(z, x, y).startswith(b"\x89PNG")


def styles_key(style):
    from layers.contracts import contract_of

    return contract_of(style.layer).key


def test_shapes_are_ordered_areas_lines_points(styles, at_pixel):
    frame = gpd.GeoDataFrame(
        {"facility_id": ["a", "b", "c"]},
        geometry=[
            shapely.Point(at_pixel(9, 9)),
            square(at_pixel, 0, 0, 9, 9),
            square(at_pixel, 0, 0, 90, 90),
        ],
        crs=3857,
    )
    shapes = draw_layer(frame, styles.layers["facilities"], AS_OF).shapes
    assert shapes.kind.tolist() == [AREA, AREA, POINT]
    assert shapes.row.tolist() == [2, 1, 0]
    assert LINE not in shapes.kind


def parks(dispositions, exited):
    return gpd.GeoDataFrame(
        {
            "park_id": [f"K{at}" for at in range(len(exited))],
            "disposition": pd.Series(dispositions, dtype="str"),
            "exited_on": pd.Series(exited, dtype="str"),
        },
        geometry=shapely.box(
            np.arange(len(exited)) * 10.0, 0, np.arange(len(exited)) * 10.0 + 5, 5
        ),
        crs=3857,
    )


def test_every_park_is_drawn_in_exactly_one_map_layer(styles):
    frame = parks(["sub_park", "exiting", "unclassified", None], [None] * 4)
    drawn = {
        layer.style.name: list(layer.keys) for layer in draw_layers({"parks": frame}, styles, AS_OF)
    }
    assert drawn == {
        "sub_parks": ["K0"],
        "exiting_parks": ["K1"],
        "unclassified_parks": ["K2", "K3"],
    }


@pytest.mark.parametrize(
    ("exited_on", "code"),
    [
        ("2025-06-29", "reached"),
        ("2025-06-30", "reached"),
        ("2025-07-01", "ahead"),
        (None, "ahead"),
    ],
)
def test_a_park_has_exited_from_its_day_on(styles, exited_on, code):
    style = styles.layers["exiting_parks"]
    drawn = draw_layer(parks(["exiting"], [exited_on]), style, AS_OF)
    assert style.classes[drawn.row_class[0]].code == code


def test_a_parcel_without_state_is_drawn_as_unknown(styles, at_pixel, parcels):
    style = styles.layers["land_parcels"]
    drawn = draw_layer(parcels([square(at_pixel, 0, 0, 9, 9)], [None]), style, AS_OF)
    assert style.classes[drawn.row_class[0]].code == "unknown"


def test_yes_no_columns_have_their_own_classes(styles):
    style = styles.layers["enterprises"]
    frame = gpd.GeoDataFrame(
        {
            "enterprise_id": ["a", "b", "c"],
            "is_above_scale": pd.array([True, False, None], dtype="boolean"),
        },
        geometry=shapely.points([[0, 0], [1, 1], [2, 2]]),
        crs=3857,
    )
    drawn = draw_layer(frame, style, AS_OF)
    assert [style.classes[at].code for at in drawn.row_class] == ["true", "false", "missing"]


def test_layers_without_rows_are_left_out(styles, parcels):
    assert draw_layers({"land_parcels": parcels([], [])}, styles, AS_OF) == ()


def test_shapes_without_a_system_are_refused(styles, at_pixel, parcels):
    frame = parcels([square(at_pixel, 0, 0, 9, 9)], ["idle"], crs=None)
    with pytest.raises(LayerError) as caught:
        draw_layer(frame, styles.layers["land_parcels"], AS_OF)
    assert caught.value.code == "layer_without_crs"


def test_a_broken_outline_larger_than_the_tile_is_painted_all_the_same(styles, at_pixel, parcels):
    bow_tie = shapely.Polygon(
        [at_pixel(-9000, -9000), at_pixel(9000, 9000), at_pixel(9000, -9000), at_pixel(-9000, 9000)]
    )
    assert tiles_of(styles, parcels([bow_tie], ["idle"])).png(Z, X, Y).startswith(b"\x89PNG")


def test_dashes_of_two_tiles_are_those_of_the_whole_line():
    line = np.array([[-13.0, 5.0], [20.0, 7.0], [21.0, 3.0], [70.0, 4.0]])
    pattern = (5.0, 2.0, 1.0, 2.0)
    whole = dashes(line, pattern, 200, 50)
    left = dashes(line, pattern, 32, 0)
    right = [
        (ax + 32, ay, bx + 32, by) for ax, ay, bx, by in dashes(line - (32, 0), pattern, 32, 0)
    ]

    def inked(segments, low, high):
        return sum(
            np.hypot(bx - ax, by - ay) * max(0, min(bx, high) - max(ax, low)) / (bx - ax)
            for ax, ay, bx, by in segments
            if bx > ax
        )

    assert inked(left, 0, 32) == pytest.approx(inked(whole, 0, 32))
    assert inked(right, 32, 64) == pytest.approx(inked(whole, 32, 64))


def test_threads_paint_the_same_tiles(styles, at_pixel, parcels):
    shapes = [square(at_pixel, 8 * at, 8 * at, 8 * at + 20, 8 * at + 20) for at in range(30)]
    frame = parcels(shapes, ["idle", "planned", "cleared"] * 10)
    alone = tiles_of(styles, frame)
    expected = [alone.png(z, X >> (14 - z), Y >> (14 - z)) for z in range(8, 15)]
    shared = tiles_of(styles, frame)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            painted = pool.map(lambda z: shared.png(z, X >> (14 - z), Y >> (14 - z)), range(8, 15))
            assert list(painted) == expected


def test_painted_tiles_are_kept_within_a_number_of_bytes_the_last_asked_for_longest():
    store, painted = TileStore(3 * (1000 + TILE_OVERHEAD)), []

    def paint(name):
        def run():
            painted.append(name)
            return bytes(1000)

        return run

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        store.get_or_paint(name, paint(name))
    # d drove b out, which was asked for longest ago; b, painted again, drove c out.
    assert painted == ["a", "b", "c", "d", "b"]
    assert store.total_bytes == 3 * (1000 + TILE_OVERHEAD)
    store.get_or_paint("huge", lambda: bytes(10_000))
    assert store.total_bytes == 0
