"""Addresses: pages, tiles, scripts."""

import os
import secrets
import threading
from collections import OrderedDict
from functools import cache
from importlib import resources

import anyio
import streamlit as st
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from xstatic.pkg import leaflet

from layers.maps.view import MapView

FIRST = "start"
SECTIONS = {
    "workspace": ((FIRST, "home"), ("overview", "traffic"), ("map", "map")),
    "work": (("blocks", "grid_view"), ("match", "location_on"), ("placement", "scatter_plot")),
    "rules": (
        ("shares", "pie_chart"),
        ("consolidate", "hub"),
        ("per_mu", "show_chart"),
        ("checks", "balance"),
        ("targets", "flag"),
    ),
    "steps": (("projects", "assignment"), ("scenarios", "alt_route"), ("invest", "storefront")),
    "data": (("data", "database"), ("policy", "gavel"), ("about", "info")),
}
"""Sections in the order of a planner's day; each page by the name of its file, with its icon."""
ALWAYS = (FIRST, "about")
"""Pages that need no workspace."""


KEPT_VIEWS = 64
"""Maps kept at a time; the one not asked for longest is forgotten first."""


class TileRegistry:
    """Prepared maps by token; safe to be used from several threads."""

    def __init__(self, limit: int = KEPT_VIEWS) -> None:
        self._limit = limit
        self._views: OrderedDict[str, MapView] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, token: str, view: MapView) -> None:
        """Keep a map under a token, as the one asked for last.

        ``token``: From ``new_token``.
        """
        with self._lock:
            self._views[token] = view
            self._views.move_to_end(token)
            while len(self._views) > self._limit:
                self._views.popitem(last=False)

    def get(self, token: str) -> MapView | None:
        """Find the map of a token.

        None where the token was never given out or its map is forgotten.
        """
        with self._lock:
            view = self._views.get(token)
            if view is not None:
                self._views.move_to_end(token)
            return view


def new_token() -> str:
    """Make a secret that nobody can guess: 32 hexadecimal digits."""
    return secrets.token_hex(16)


@cache
def shared_registry() -> TileRegistry:
    """Give the registry that pages and tile addresses of this process share."""
    return TileRegistry()


FONT_ROUTE = "/vendor/fonts/NotoSansSC-Regular.otf"
TILE_HEADERS = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
"""A changed map has another token, so a tile never goes stale."""
FONT_HEADERS = {"Cache-Control": "public, max-age=604800"}


def app_routes(prefix: str = "", registry: TileRegistry | None = None) -> list[BaseRoute]:
    """List the routes of the app.

    ``prefix``: Path under which the app is served, empty at the root; see ``base_path``.
    ``registry``: Where prepared maps are found; None for the one that pages use.

    ``/maptiles/<token>/<layer>/<z>/<x>/<y>.png`` (403 for an unknown token, 404 where there is no
    such tile), ``/vendor/leaflet/`` and the font that writes Chinese in charts.
    """
    views = registry if registry is not None else shared_registry()
    # Painting keeps a core busy: more threads than cores would only slow the pages.
    painters = anyio.CapacityLimiter(os.cpu_count() or 1)

    async def tile(request: Request) -> Response:
        place = request.path_params
        view = views.get(place["token"])
        if view is None:
            return Response(status_code=403)
        png = await to_thread.run_sync(
            view.png, place["layer"], place["z"], place["x"], place["y"], limiter=painters
        )
        if png is None:
            return Response(status_code=404)
        return Response(png, media_type="image/png", headers=TILE_HEADERS)

    async def font(_: Request) -> Response:
        return FileResponse(font_file, media_type="font/otf", headers=FONT_HEADERS)

    font_file = str(resources.files("pylopdf_fonts_zh_cn").joinpath(FONT_ROUTE.split("/")[-1]))
    return [
        Route(f"{prefix}/maptiles/{{token}}/{{layer}}/{{z:int}}/{{x:int}}/{{y:int}}.png", tile),
        Mount(f"{prefix}/vendor/leaflet", StaticFiles(directory=leaflet.BASE_DIR)),
        Route(f"{prefix}{FONT_ROUTE}", font),
    ]


def base_path() -> str:
    """Say under which path this app is served.

    Empty at the root, else with a leading and without a trailing slash.
    """
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
