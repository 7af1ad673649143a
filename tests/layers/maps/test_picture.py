"""Map pictures made without a browser, looked at pixel by pixel."""

import io

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from layers.errors import LayerError
from layers.maps.find import Highlight
from layers.maps.painting import map_font
from layers.maps.picture import PictureWords, frame_of, lines_of, map_picture
from layers.maps.style import rgba
from layers.maps.view import prepare_view

SIZE = (1000, 700)
WORDS = PictureWords("连片土地", "数据：某市", "", "图例", "北", "另有 {count} 类", "zh")
MARKED = PictureWords("连片土地", "数据：某市", "演示数据", "图例", "北", "另有 {count} 类", "zh")
GROUND = (0xFA, 0xFA, 0xF7)
X, Y = 13_440_000.0, 3_600_000.0


def box(west, south, east, north):
    return shapely.box(X + west, Y + south, X + east, Y + north)


@pytest.fixture(scope="module")
def view(parcels, styles):
    frame = parcels([box(-3000, -3000, 3000, 3000)], ["listed"])
    return prepare_view({"land_parcels": frame}, styles, "2025-01-01")


def marked(*shapes, look="result", captions=None):
    series = gpd.GeoSeries(list(shapes), crs=3857)
    return Highlight(look, series, captions or ("",) * len(shapes), "答案")


def drawn(view, words=WORDS, **options):
    png = map_picture(view, words, size_px=SIZE, **options)
    return Image.open(io.BytesIO(png)).convert("RGB")


def inner():
    return frame_of(SIZE, WORDS, 1.0)[1]


def middle():
    left, top, right, bottom = inner()
    return (left + right) // 2, (top + bottom) // 2


def over(top, alpha, below):
    return tuple(a * alpha + b * (1 - alpha) for a, b in zip(top, below, strict=True))


def near(pixel, colour, most=3):
    return max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) <= most


def fill_of(styles, code):
    mark = next(c for c in styles.layers["land_parcels"].classes if c.code == code).mark
    return over(rgba(mark.fill)[:3], mark.opacity, GROUND)


def test_a_highlighted_shape_has_its_colour_at_its_middle_over_the_layer_below(view, styles):
    image = drawn(view, highlights=[marked(box(-100, -100, 100, 100))])
    look = styles.highlights["result"].mark
    below = fill_of(styles, "listed")
    assert near(image.getpixel(middle()), over(rgba(look.fill)[:3], look.opacity, below))


def test_a_hole_in_a_highlighted_shape_shows_the_layer_below(view, styles):
    ring = box(-300, -300, 300, 300).difference(box(-100, -100, 100, 100))
    assert near(
        drawn(view, highlights=[marked(ring)]).getpixel(middle()), fill_of(styles, "listed")
    )


def test_a_layer_switched_off_is_not_drawn(view):
    image = drawn(view, highlights=[marked(box(-100, -100, 100, 100))], visible=())
    left, top, _, _ = inner()
    assert near(image.getpixel((left + 30, top + 30)), GROUND)


def test_nothing_is_drawn_outside_the_frame_of_the_map(view):
    image = np.asarray(drawn(view, highlights=[marked(box(-9000, -50, 9000, 50))],
                             extent=(120.70, 30.72, 120.75, 30.76)))  # fmt: skip
    blank = np.asarray(frame_of(SIZE, WORDS, 1.0)[0])
    left, top, right, bottom = inner()
    outside = np.ones(image.shape[:2], dtype=bool)
    outside[top - 1 : bottom + 1, left - 1 : right + 1] = False
    outside[top:bottom, right + 1 :] = False  # the legend
    assert (image[outside] == blank[outside]).all()


def test_the_extent_asked_for_is_seen_whole_and_in_the_middle(view, styles):
    lon, lat = 120.73, 30.74
    square = gpd.GeoSeries([shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)], crs=4326)
    spot = Highlight("not_met", square, ("",))
    image = np.asarray(
        drawn(view, highlights=[spot], visible=(), extent=tuple(square.total_bounds))
    )
    look = styles.highlights["not_met"].mark
    ink = np.abs(image - np.array(over(rgba(look.fill)[:3], look.opacity, GROUND))).max(axis=2) <= 3
    rows, columns = np.nonzero(ink[:, : inner()[2]])
    left, top, right, bottom = inner()
    assert (columns.min() + columns.max()) / 2 == pytest.approx((left + right) / 2, abs=2)
    assert (rows.min() + rows.max()) / 2 == pytest.approx((top + bottom) / 2, abs=2)
    # Room of 8 % on each side leaves the square 1 / 1.16 of the height.
    assert rows.max() - rows.min() == pytest.approx((bottom - top) / 1.16, rel=0.03)


def test_the_demo_mark_stands_on_pictures_of_synthetic_data_only(view):
    def red(image):
        pixels = np.asarray(image)[: inner()[1]].astype(int)
        return int((np.abs(pixels - (0xC0, 0, 0)).max(axis=2) <= 3).sum())

    shapes = [marked(box(-100, -100, 100, 100))]
    assert red(drawn(view, highlights=shapes)) == 0
    assert red(drawn(view, words=MARKED, highlights=shapes)) > 500


def test_a_chinese_caption_is_written_within_its_shape(view):
    shape = box(-300, -300, 300, 300)
    plain = np.asarray(drawn(view, highlights=[marked(shape)]))
    named = np.asarray(drawn(view, highlights=[marked(shape, captions=("海宁\n一号\x07",))]))
    rows, columns = np.nonzero((plain != named).any(axis=2))
    x, y = middle()
    assert len(rows) > 100
    assert abs(columns.mean() - x) < 5
    assert abs(rows.mean() - y) < 8


def test_the_legend_names_what_is_in_sight_only(view, parcels, styles):
    far = parcels([box(-100, -100, 100, 100), box(90_000, 0, 90_100, 100)], ["listed", "cleared"])
    both = prepare_view({"land_parcels": far}, styles, "2025-01-01")
    alone = prepare_view({"land_parcels": far.iloc[:1]}, styles, "2025-01-01")
    shapes = [marked(box(-100, -100, 100, 100))]
    assert drawn(both, highlights=shapes).tobytes() == drawn(alone, highlights=shapes).tobytes()


def test_the_same_arguments_make_the_same_picture_of_the_size_asked_for(view):
    shapes = [marked(box(-100, -100, 100, 100), captions=("甲",))]
    first = map_picture(view, MARKED, highlights=shapes, size_px=(800, 600))
    assert first == map_picture(view, MARKED, highlights=shapes, size_px=(800, 600))
    assert Image.open(io.BytesIO(first)).size == (800, 600)


def test_the_scale_bar_is_as_long_as_it_says_on_the_ground(view):
    image = np.asarray(drawn(view, highlights=[marked(box(-500, -500, 500, 500))]))
    left, _, right, bottom = inner()
    corner = image[bottom - 22 : bottom - 14, left : left + 260].astype(int)
    dark = np.nonzero((np.abs(corner - 0x1E).max(axis=2) <= 3).any(axis=0))[0]
    length_px = dark.max() - dark.min() + 1
    # The map shows 1160 m of the plane over its height; a metre of the plane at this latitude is
    # cos(latitude) of a metre on the ground.
    top = inner()[1]
    lat = gpd.GeoSeries([shapely.Point(X, Y)], crs=3857).to_crs(4326).y.iloc[0]
    on_ground = length_px * 1160 / (bottom - top) * np.cos(np.radians(lat))
    share = on_ground / np.array([100, 200, 500])
    assert np.abs(share - 1).min() < 0.02
    assert length_px <= (right - left) * 0.22 + 2


def test_a_map_without_any_shape_is_refused(styles):
    with pytest.raises(LayerError) as caught:
        map_picture(prepare_view({}, styles, "2025-01-01"), WORDS)
    assert caught.value.code == "picture_empty"


@pytest.mark.parametrize(
    ("highlight", "code"),
    [
        (Highlight("resul", gpd.GeoSeries([], crs=3857), ()), "highlight_unknown"),
        (Highlight("result", gpd.GeoSeries([box(0, 0, 1, 1)], crs=3857), ()), "highlight_uneven"),
        (Highlight("result", gpd.GeoSeries([box(0, 0, 1, 1)]), ("",)), "layer_without_crs"),
    ],
)
def test_highlights_that_cannot_be_drawn_are_refused(highlight, code, view):
    with pytest.raises(LayerError) as caught:
        drawn(view, highlights=[highlight])
    assert caught.value.code == code


@pytest.mark.parametrize(("most", "expected"), [(2, ["甲乙", "丙丁"]), (1, ["甲…"])])
def test_lines_break_at_the_room_there_is(most, expected):
    font = map_font(20)
    assert lines_of("甲乙丙丁", font, font.getlength("甲乙") + 1, most) == expected
