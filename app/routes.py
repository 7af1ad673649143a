"""Which addresses the app answers besides its pages: tiles of the map, Leaflet, the font."""

import os
from importlib import resources

import anyio
import streamlit as st
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from xstatic.pkg import leaflet

from app.tile_registry import TileRegistry, shared_registry

FONT_ROUTE = "/vendor/fonts/NotoSansSC-Regular.otf"
TILE_HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
}
"""A changed map has another token, so a tile never goes stale."""
FONT_HEADERS = {"Cache-Control": "public, max-age=604800"}


def app_routes(prefix: str = "", registry: TileRegistry | None = None) -> list[BaseRoute]:
    """List the routes of the app.

    Parameters
    ----------
    prefix
        Path under which the app is served, empty at the root; see ``base_path``.
    registry
        Where prepared maps are found; None for the one that pages use.

    Returns
    -------
    list of BaseRoute
        ``/maptiles/<token>/<layer>/<z>/<x>/<y>.png`` (403 for an unknown token, 404 where there is
        no such tile), ``/vendor/leaflet/`` and the font that writes Chinese in charts.
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

    Returns
    -------
    str
        Empty at the root, else with a leading and without a trailing slash.
    """
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
