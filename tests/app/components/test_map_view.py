from streamlit.testing.v1 import AppTest

from app.components import map_view
from app.components.map_view import Click, _click_of


def page():
    from pathlib import Path

    import geopandas as gpd
    import shapely
    import streamlit as st

    import app.components.map_view as component
    from app.messages import catalogue
    from app.routes import shared_registry
    from layers.maps.find import Highlight
    from layers.maps.style import load_styles
    from layers.maps.view import prepare_view

    @st.cache_resource
    def view(which):
        root = Path(component.__file__).resolve().parents[2]
        frame = gpd.GeoDataFrame(
            {"parcel_id": ["P1"], "state": [which]},
            geometry=[shapely.box(0, 0, 100, 100)],
            crs=3857,
        )
        styles = load_styles(root / "data" / "styles" / "layers.yaml")
        return prepare_view({"land_parcels": frame}, styles, "2025-06-30")

    words = catalogue("zh")
    shown = view(st.session_state.get("which", "idle"))
    square = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], crs=3857)
    click = component.show_map(
        shown,
        words,
        key="city",
        highlights=[Highlight("selected", square, ("P1",))],
        focus=(120.0, 30.0, 120.1, 30.1),
    )
    token, held = st.session_state["map_token:city"]
    st.text(token)
    st.text(f"{click} {held is shown} {shared_registry().get(token) is shown}")


def shown_texts(at):
    assert not at.exception
    return [text.value for text in at.text]


def test_a_map_keeps_its_address_until_it_shows_something_else():
    at = AppTest.from_function(page, default_timeout=30).run()
    token, facts = shown_texts(at)
    assert facts == "None True True"
    at.run()
    assert shown_texts(at)[0] == token
    at.session_state["which"] = "cleared"
    at.run()
    assert shown_texts(at)[0] != token


def test_sessions_have_addresses_of_their_own():
    tokens = {
        shown_texts(AppTest.from_function(page, default_timeout=30).run())[0] for _ in range(2)
    }
    assert len(tokens) == 2


def test_a_click_carries_its_place_and_zoom():
    answer = {"last_clicked": {"lat": 30.5, "lng": 120.25, "zoom": 15}}
    assert _click_of(answer) == Click(120.25, 30.5, 15.0)


def test_there_is_no_click_before_the_first():
    assert _click_of({"last_clicked": None}) is None
    assert _click_of(None) is None


def test_what_a_map_told_is_known_before_it_is_drawn_again(monkeypatch):
    told = {"last_clicked": {"lat": 30.5, "lng": 120.7, "zoom": 15}, "last_active_drawing": None}
    monkeypatch.setattr(map_view.st, "session_state", {"map": told})
    assert map_view.told_already("map") == (Click(120.7, 30.5, 15.0), None)
    assert map_view.told_already("another") == (None, None)
