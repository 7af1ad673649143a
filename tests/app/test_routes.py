import re
from pathlib import Path

import anyio
import geopandas as gpd
import pytest
import shapely
import streamlit as st
from starlette.applications import Starlette

from app.routes import FONT_ROUTE, TileRegistry, app_routes, base_path, new_token, shared_registry
from layers.maps.features import tile_window
from layers.maps.style import load_styles
from layers.maps.view import prepare_view

ROOT = Path(__file__).resolve().parents[2]
Z, X, Y = 14, 13687, 6737


@pytest.fixture(scope="module")
def view():
    west, south, east, north = tile_window(Z, X, Y).box(-50)
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["P1"], "state": ["idle"]},
        geometry=[shapely.box(west, south, east, north)],
        crs=3857,
    )
    styles = load_styles(ROOT / "data" / "styles" / "layers.yaml")
    return prepare_view({"land_parcels": frame}, styles, "2025-06-30")


def ask(routes, path):
    """Ask an app as a browser would; give status, headers and body of its answer."""
    sent = []
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        for message in asked:
            return message
        return await anyio.sleep_forever()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "server": ("127.0.0.1", 8501),
        "client": ("127.0.0.1", 1),
    }
    anyio.run(Starlette(routes=routes), scope, receive, send)
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], headers, body


@pytest.fixture
def registry(view):
    known = TileRegistry()
    known.put("secret", view)
    return known


def test_a_tile_comes_as_a_picture_that_the_browser_keeps(registry):
    status, headers, body = ask(
        app_routes("", registry), f"/maptiles/secret/land_parcels/{Z}/{X}/{Y}.png"
    )
    assert status == 200
    assert headers["content-type"] == "image/png"
    assert headers["cache-control"] == "private, max-age=3600"
    assert body.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/maptiles/guessed/land_parcels/{Z}/{X}/{Y}.png", 403),
        (f"/maptiles/secret/land_parcel/{Z}/{X}/{Y}.png", 404),
        ("/maptiles/secret/land_parcels/3/8/0.png", 404),
        ("/maptiles/secret/land_parcels/21/0/0.png", 404),
        ("/maptiles/secret/land_parcels/-1/0/0.png", 404),
        ("/maptiles/secret/land_parcels/a/0/0.png", 404),
        (f"/maptiles/secret/land_parcels/{Z}/{X}/{'9' * 400}.png", 404),
        ("/maptiles/secret", 404),
        ("/vendor/leaflet/../../../pyproject.toml", 404),
        ("/vendor/leaflet/none.js", 404),
    ],
)
def test_what_is_not_there_is_refused_plainly(registry, path, expected):
    assert ask(app_routes("", registry), path)[0] == expected


@pytest.mark.parametrize("prefix", ["", "/plan", "/city/plan"])
def test_all_addresses_lie_under_the_path_of_the_app(registry, prefix):
    routes = app_routes(prefix, registry)
    assert ask(routes, f"{prefix}/vendor/leaflet/leaflet.js")[0] == 200
    assert ask(routes, f"{prefix}/vendor/leaflet/leaflet.css")[0] == 200
    assert ask(routes, f"{prefix}/maptiles/secret/labels/{Z}/{X}/{Y}.png")[0] == 200
    status, headers, font = ask(routes, f"{prefix}{FONT_ROUTE}")
    assert (status, headers["content-type"]) == (200, "font/otf")
    assert font[:4] == b"OTTO"  # an OpenType font
    if prefix:
        assert ask(routes, "/vendor/leaflet/leaflet.js")[0] == 404


@pytest.mark.parametrize(
    ("option", "expected"), [("", ""), ("plan", "/plan"), ("/plan/", "/plan"), ("/", "")]
)
def test_the_path_of_the_app_has_one_leading_slash(monkeypatch, option, expected):
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": option}.get)
    assert base_path() == expected


def test_the_map_asked_for_longest_ago_is_forgotten_first(view):
    registry = TileRegistry(limit=2)
    registry.put("a", view)
    registry.put("b", view)
    assert registry.get("a") is view
    registry.put("c", view)
    assert registry.get("b") is None
    assert registry.get("a") is view
    assert registry.get("c") is view


def test_pages_and_addresses_share_one_registry(view):
    token = new_token()
    shared_registry().put(token, view)
    assert ask(app_routes(), f"/maptiles/{token}/labels/{Z}/{X}/{Y}.png")[0] == 200


def test_tokens_cannot_be_guessed():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[0-9a-f]{32}", token) for token in tokens)


def test_the_entry_holds_nothing_but_the_app():
    source = (ROOT / "streamlit_app.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 20
    assert 'app = st.App("app/main.py", routes=' in source
