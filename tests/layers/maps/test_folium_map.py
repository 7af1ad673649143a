import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import folium
import geopandas as gpd
import pytest
import shapely
from branca.element import MacroElement
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from layers.errors import LayerError
from layers.maps.find import HIGHLIGHT_LIMIT, Highlight, feature_collection
from layers.maps.folium_map import MapWords, build_map, highlight_groups
from layers.maps.legend import LegendEntry, LegendSection, legend_html
from layers.maps.view import LABELS, prepare_view

WORDS = MapWords("zh", "图例", "名称标注", "在线底图", "放大", "缩小")
TOKEN = "0123456789abcdef" * 2
HOSTILE = st.text(st.sampled_from("<>&'\"/`\\\n\u2028x=${}%#名"), max_size=12) | st.sampled_from(
    [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "');alert(1);//",
        "{{ 1/0 }}",
        "{% x %}",
    ]
)


@pytest.fixture(scope="module")
def view(styles, at_pixel, parcels):
    box = shapely.box(*at_pixel(0, 90), *at_pixel(90, 0))
    parks = gpd.GeoDataFrame(
        {"park_id": ["K0"], "name": ["园"], "disposition": ["exiting"], "exited_on": [None]},
        geometry=[box],
        crs=3857,
    )
    frames = {"land_parcels": parcels([box, box], ["idle", "cleared"]), "parks": parks}
    return prepare_view(frames, styles, "2025-06-30")


def page_of(view, **options):
    return build_map(view, TOKEN, WORDS, **options).get_root().render()


def test_nothing_is_asked_of_another_host(view):
    page = page_of(view)
    assert "//" not in re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page).replace("\\/", "")
    assert re.findall(r'<script src="([^"]+)"', page) == ["../../vendor/leaflet/leaflet.js"]
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', page) == [
        "../../vendor/leaflet/leaflet.css"
    ]


def test_folium_itself_is_left_as_it_was(view):
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    page_of(view)
    assert (folium.Map.default_js, folium.Map.default_css) == before


def test_each_map_layer_has_its_own_address(view):
    page = page_of(view)
    for layer in ("land_parcels", "exiting_parks", LABELS):
        assert f"../../maptiles/{TOKEN}/{layer}/{{z}}/{{x}}/{{y}}.png" in page
    assert json.dumps("退出园区") in page
    assert "sub_parks/{z}" not in page


def test_the_same_view_makes_the_same_map_save_for_random_names(view):
    def steady(page):
        return re.sub(r"_[0-9a-f]{32}", "", page)

    assert steady(page_of(view)) == steady(page_of(view))


def shown_layers(page):
    variables = dict(
        re.findall(r"var (tile_layer_[0-9a-f]+) = L\.tileLayer\(\"[^\"]*/([a-z_]+)/\{z\}", page)
    )
    return {name for variable, name in variables.items() if f"{variable}.addTo(" in page}


def test_layers_are_switched_on_as_asked_or_as_the_styles_say(view):
    assert shown_layers(page_of(view)) == {"land_parcels", "exiting_parks", LABELS}
    assert shown_layers(page_of(view, visible={"exiting_parks"})) == {"exiting_parks"}


def test_an_online_base_map_is_there_only_where_the_site_chose_it(view):
    page = page_of(view, base_map_url="https://tiles.example/{z}/{x}/{y}.png?tk=k")
    assert "https://tiles.example/" in page
    assert json.dumps("在线底图 tiles.example") in page
    assert "tiles.example" not in page_of(view)


def test_a_view_of_nothing_shows_the_country(styles):
    empty = prepare_view({}, styles, "2025-06-30")
    assert empty.extent is None
    assert "[[18.0, 73.0], [54.0, 135.0]]" in build_map(empty, TOKEN, WORDS).get_root().render()


def test_the_extent_of_a_view_is_that_of_its_shapes(view, at_pixel):
    back = Transformer.from_crs(3857, 4326, always_xy=True)
    (west, south), (east, north) = (
        back.transform(*at_pixel(0, 90)),
        back.transform(*at_pixel(90, 0)),
    )
    assert view.extent == pytest.approx((west, south, east, north), abs=1e-9)


def test_the_legend_lists_the_classes_that_occur_with_their_rows(view):
    listed = {
        section.map_layer: [(entry.zh, entry.en, entry.rows) for entry in section.entries]
        for section in view.legend
    }
    assert listed == {
        "exiting_parks": [("待退出", "still to exit", 1)],
        "land_parcels": [("净地", "cleared, net land", 1), ("闲置", "idle", 1)],
    }
    assert all(e.png.startswith(b"\x89PNG") for section in view.legend for e in section.entries)


class Texts(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data)


@given(title=HOSTILE, word=HOSTILE)
def test_no_word_of_a_legend_becomes_markup(title, word):
    entry = LegendEntry(word, word, 1, b"")
    html = legend_html([LegendSection(title, title, title, (entry,))], "zh")
    reader = Texts()
    reader.feed(html)
    assert reader.tags <= {"div", "span", "img"}
    assert "".join(reader.texts) == title + word + "1"


def scripts_of(groups):
    page = folium.Map(tiles=None)
    for group in groups:
        page.add_child(group)
    page.get_root().render()

    def script(element: MacroElement) -> str:
        own = element._template.module.script(element) if hasattr(element, "_template") else ""
        return own + "".join(script(child) for child in element._children.values())

    return "".join(script(group) for group in groups)


@given(caption=HOSTILE)
def test_no_caption_of_a_highlight_becomes_markup_or_script(styles, caption):
    shapes = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=3857)
    script = scripts_of(highlight_groups([Highlight("selected", shapes, (caption,))], styles))
    data = re.search(r"L\.geoJson\((\{.*?\}), \{\s*style", script, re.DOTALL).group(1)
    assert not set("<>&'") & set(data)
    assert not re.search(r"\{[{%#]", data)
    assert unquote(json.loads(data)["features"][0]["properties"]["caption"]) == caption


def test_titles_in_the_layer_switch_are_escaped(view):
    words = MapWords("zh", "<i>{{ 1/0 }}", "<b>{{ 1/0 }}</b>", "在线底图", "放大", "缩小")
    page = build_map(view, TOKEN, words).get_root().render()
    assert "<b>" not in page
    assert "\\u003cb" not in page
    assert "lt;b" in page


@pytest.mark.parametrize(
    "url",
    [
        "ftp://tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://tiles.example/{z}/{x}/{y}/{{ 1 }}",
        "https://tiles.example/{z}/{x}/{y}?<script>",
        "javascript:alert(1)//{z}{x}{y}",
    ],
)
def test_an_address_that_is_no_base_map_is_refused(view, url):
    with pytest.raises(LayerError) as caught:
        page_of(view, base_map_url=url)
    assert caught.value.code == "base_map_address_wrong"


def test_highlights_lie_where_the_shapes_lie(at_pixel):
    square = shapely.box(*at_pixel(0, 10), *at_pixel(10, 0))
    shapes = gpd.GeoSeries([square], crs=3857).to_crs(4549)
    (feature,) = feature_collection(Highlight("selected", shapes, ("",)))["features"]
    back = Transformer.from_crs(3857, 4326, always_xy=True)
    expected = {tuple(back.transform(*corner)) for corner in square.exterior.coords}
    for corner in feature["geometry"]["coordinates"][0]:
        assert min(abs(corner[0] - x) + abs(corner[1] - y) for x, y in expected) < 2e-6


def test_highlights_pass_over_missing_shapes(styles):
    shapes = gpd.GeoSeries([None, shapely.Polygon(), shapely.Point(1, 1)], crs=3857)
    collection = feature_collection(Highlight("selected", shapes, ("a", "b", "c")))
    assert [feature["properties"]["caption"] for feature in collection["features"]] == ["c"]


def many(count, captions=None):
    shapes = gpd.GeoSeries(shapely.points([[0.0, 0.0]] * count), crs=3857)
    return Highlight("selected", shapes, ("",) * (count if captions is None else captions))


def test_as_many_highlights_as_the_limit_are_drawn():
    assert len(feature_collection(many(HIGHLIGHT_LIMIT))["features"]) == HIGHLIGHT_LIMIT


@pytest.mark.parametrize(
    ("highlight", "code"),
    [
        (many(HIGHLIGHT_LIMIT + 1), "highlight_too_many"),
        (many(2, captions=1), "highlight_uneven"),
        (Highlight("selcted", many(1).shapes, ("",)), "highlight_unknown"),
        (Highlight("selected", gpd.GeoSeries([shapely.Point(0, 0)]), ("",)), "layer_without_crs"),
    ],
)
def test_highlights_that_cannot_be_drawn_are_refused(styles, highlight, code):
    with pytest.raises(LayerError) as caught:
        highlight_groups([highlight], styles)
    assert caught.value.code == code
