import io
import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image
from pyproj import CRS, Geod, Transformer

from app.answers.answer import stand_of, write_answer
from app.answers.map import (
    area_mu,
    as_pdf,
    chosen_by_number,
    chosen_within,
    length_m,
    map_sheet,
    numbers_in,
    paper_px,
    selection_answer,
    selection_said,
    view_of,
)
from app.components.map_view import drawing_of
from app.context import open_context

HOSTILE = "<img src=x onerror=alert(1)>"
EAST, NORTH = 571_815.4, 3_403_497.8
TO_DEGREES = Transformer.from_crs(4549, 4490, always_xy=True)
GROUND = Geod(a=6378137.0, rf=298.257222101)


class Held:
    """An open workspace of which only a layer, the system and the words are asked."""

    def __init__(self, frame, real):
        self.frame, self.crs, self.words = frame, CRS(4549), real.words
        self.source = self

    def read(self, _):
        return self.frame


@pytest.fixture(scope="module")
def real(small_demo):
    return open_context(small_demo)


@pytest.fixture
def held(real):
    """Three squares of 100 m: the second covers half of the first, the third lies apart."""
    squares = [
        shapely.box(EAST + x, NORTH, EAST + x + 100, NORTH + 100) for x in (0.0, 50.0, 300.0)
    ]
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["P1", "P2", "P3"], "name": ["甲", HOSTILE, "丙"]},
        geometry=np.array(squares, dtype=object), crs=4549,
    )  # fmt: skip
    return Held(frame, real)


def drawn(west, south, east, north):
    """A box of the plane as the map tells it: corners in degrees."""
    return shapely.transform(
        shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north),
        lambda at: np.column_stack(TO_DEGREES.transform(at[:, 0], at[:, 1])),
    )


def ground_mu(shape):
    lon, lat = TO_DEGREES.transform(*shapely.get_coordinates(shape).T)
    return abs(GROUND.polygon_area_perimeter(lon, lat)[0]) * 3 / 2000


def test_land_that_two_parcels_cover_counts_once(held):
    chosen = chosen_within(held, "land_parcels", drawn(-10, -10, 160, 110), is_whole=False)
    assert list(chosen.rows["parcel_id"]) == ["P1", "P2"]
    united = ground_mu(shapely.box(EAST, NORTH, EAST + 150, NORTH + 100))
    each = sum(ground_mu(shape) for shape in held.frame.geometry[:2])
    assert chosen.union_mu == pytest.approx(united, rel=1e-7)
    assert chosen.sum_mu == pytest.approx(each, rel=1e-7)
    # 150 × 100 m are 22.5 亩 in the plane; the overlap of 50 × 100 m is 7.5 亩.
    assert chosen.union_mu == pytest.approx(22.5, rel=1e-3)
    assert chosen.sum_mu - chosen.union_mu == pytest.approx(7.5, rel=1e-3)


@pytest.mark.parametrize(
    ("east", "is_whole", "ids"),
    [
        (60.0, False, ["P1", "P2"]),
        (49.0, False, ["P1"]),
        (149.0, True, ["P1"]),
        (151.0, True, ["P1", "P2"]),
    ],
)
def test_a_parcel_is_chosen_in_part_or_altogether(held, east, is_whole, ids):
    chosen = chosen_within(held, "land_parcels", drawn(-10, -10, east, 110), is_whole=is_whole)
    assert list(chosen.rows["parcel_id"]) == ids


def test_an_area_that_holds_nothing_chooses_nothing(held):
    chosen = chosen_within(held, "land_parcels", drawn(200, -10, 290, 110), is_whole=False)
    assert (len(chosen.rows), chosen.union_mu) == (0, 0.0)


def test_pasted_numbers_choose_in_their_order_and_say_what_is_missing(held):
    numbers = numbers_in("P3，P1\nP9\tP1；P8")
    chosen = chosen_by_number(held, "land_parcels", numbers)
    assert list(chosen.rows["parcel_id"]) == ["P3", "P1"]
    assert chosen.missing == ("P9", "P8")
    assert "选中 2 个" in selection_said(held, chosen)


@pytest.mark.parametrize("ending", [".xlsx", ".gpkg"])
def test_a_selection_leaves_as_a_list_and_as_a_layer(real, tmp_path, ending):
    parcels = real.source.read("land_parcels")
    wanted = parcels["parcel_id"].astype(str)[:3].tolist()
    chosen = chosen_by_number(real, "land_parcels", wanted)
    path = tmp_path / f"chosen{ending}"
    write_answer(selection_answer(real, chosen), stand_of(real), path)
    if ending == ".gpkg":
        written = gpd.read_file(path, layer="地块")
        assert written["area_mu"].sum() == pytest.approx(chosen.sum_mu)
    assert path.stat().st_size > 0


def test_a_line_is_measured_on_the_ellipsoid():
    # A degree of the meridian at the equator: the arc from 0° to 1° is 110 574.4 m long.
    assert length_m(shapely.LineString([(120, 0), (120, 1)])) == pytest.approx(110_574.4, abs=0.1)
    equator = math.pi / 180 * 6_378_137.0
    assert length_m(shapely.LineString([(120, 0), (121, 0)])) == pytest.approx(equator, abs=1e-3)


def test_a_drawn_area_is_measured_on_the_ellipsoid(held):
    # A square of 200 亩 in the plane is 17 m² (0.0255 亩) smaller at 120.75° E.
    side = math.sqrt(200 * 2000 / 3)
    assert area_mu(held, drawn(0, 0, side, side)) == pytest.approx(199.9745, abs=1e-3)


def told(**changes):
    feature = {
        "type": "Feature",
        "properties": {"tool": "box", "shown": ["labels"], "at": 7},
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]},
    }
    return {"last_active_drawing": {**feature, **changes}}


def test_a_drawing_carries_its_tool_its_shape_and_the_layers_shown():
    drawing = drawing_of(told())
    assert (drawing.tool, drawing.visible, drawing.serial) == ("box", ("labels",), 7.0)
    assert drawing.shape.area == 0.5


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": {"caption": "P1"}},
        {"properties": {"tool": "other", "shown": [], "at": 1}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[["x", 0], [0, 1], [1, 1]]]}},
        {"geometry": None},
    ],
)
def test_what_is_no_drawing_is_passed_over(changes):
    assert drawing_of(told(**changes)) is None
    assert drawing_of(None) is None
    assert drawing_of({"last_active_drawing": None}) is None


def test_a_sheet_has_the_size_of_its_paper_and_becomes_a_page(real):
    png = map_sheet(real, view_of(real), HOSTILE, "A4", extent=None, visible=("units",))
    picture = Image.open(io.BytesIO(png))
    # 297 mm × 210 mm at 150 to the inch of 25.4 mm.
    assert picture.size == (1754, 1240) == paper_px("A4")
    assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert paper_px("A3") == (2480, 1754)
    page = as_pdf(png)
    assert page.startswith(b"%PDF")
    # A point is a 72nd of an inch: 1754 px at 150 to the inch are 841.92 points.
    assert b"841.92" in page


def facts_of_a_hostile_parcel():
    import geopandas as gpd
    import shapely

    from app.components.map_panels import _facts
    from app.components.map_view import MapState
    from layers.maps.find import Hit

    class Source:
        def read(self, _):
            return gpd.GeoDataFrame(
                {"parcel_id": ["<b>[x](http://x)"], "name": ["<img src=x onerror=alert(1)>"]},
                geometry=[shapely.box(0, 0, 1, 1)],
                crs=4549,
            )

    class Held:
        source = Source()

    hit = Hit("land_parcels", "land_parcels", "<b>[x](http://x)")
    _facts(Held(), MapState(("", 0, None, ()), hits=[hit]))


def test_hostile_numbers_and_names_stand_in_the_facts_as_text():
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_function(facts_of_a_hostile_parcel, default_timeout=30).run()
    assert not page.exception
    assert page.expander[0].label == r"地块 \<b\>\[x\]\(http\://x\)"
    assert "<img src=x onerror=alert(1)>" in page.dataframe[0].value.to_numpy()
