"""Addresses: pages, tiles, scripts; and the gate before all of them."""

import logging
import os
import re
import secrets
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable
from functools import cache
from importlib import resources
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import anyio
import streamlit as st
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from xstatic.pkg import leaflet

from app.messages import LANGUAGES, catalogue
from geo.errors import MuPlanError
from layers.maps.features import MAX_ZOOM
from layers.maps.view import MapView

LOG = logging.getLogger("muplan")

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


FONT = "MuPlan Sans"
"""The font that the app hands out for charts; machines have none of that name."""
FONT_ROUTE = "/vendor/fonts/NotoSansSC-Regular.otf"
TILE_HEADERS = {"Cache-Control": "private, max-age=3600"}
"""A changed map has another token, so a tile never goes stale."""
FONT_HEADERS = {"Cache-Control": "public, max-age=604800"}
MOST_TILES_ASKED = 128
"""Tiles painted and waiting at a time, those of some twenty browsers; one more is refused."""
PLACE_IN_GRID = re.compile(r"[0-9]{1,7}", re.ASCII)
"""Zoom, column or row of a tile; 2**MAX_ZOOM has seven digits."""


def app_routes(
    prefix: str = "", registry: TileRegistry | None = None, most_tiles_asked: int = MOST_TILES_ASKED
) -> list[BaseRoute]:
    """List the routes of the app.

    ``prefix``: Path under which the app is served, empty at the root; see ``base_path``.
    ``registry``: Where prepared maps are found; None for the one that pages use.
    ``most_tiles_asked``: Tiles painted and waiting at a time.

    ``/maptiles/<token>/<layer>/<z>/<x>/<y>.png`` (403 for an unknown token, 404 where there is no
    such tile, 503 where too many are asked for), ``/vendor/leaflet/`` and the font that writes
    Chinese in charts.
    """
    views = registry if registry is not None else shared_registry()
    # Painting keeps a core busy: more threads than cores would only slow the pages.
    painters = anyio.CapacityLimiter(os.cpu_count() or 1)
    asked = 0

    async def tile(request: Request) -> Response:
        nonlocal asked
        place = request.path_params
        view = views.get(place["token"])
        if view is None:
            return Refusal(403, "server_map_forgotten")
        where = [place[name] for name in ("z", "x", "y")]
        if not all(PLACE_IN_GRID.fullmatch(number) for number in where):
            return Refusal(404, "server_no_tile", most=MAX_ZOOM)
        if asked >= most_tiles_asked:
            return Refusal(503, "server_busy", retry_after=1)
        asked += 1
        try:
            async with painters:
                # Whoever moved the map on in the meantime needs the tile no more.
                if await request.is_disconnected():
                    return Refusal(503, "server_busy", retry_after=1)
                png = await to_thread.run_sync(view.png, place["layer"], *map(int, where))
        finally:
            asked -= 1
        if png is None:
            return Refusal(404, "server_no_tile", most=MAX_ZOOM)
        return Response(png, media_type="image/png", headers=TILE_HEADERS)

    async def font(_: Request) -> Response:
        return FileResponse(font_file, media_type="font/otf", headers=FONT_HEADERS)

    font_file = str(resources.files("pylopdf_fonts_zh_cn").joinpath(FONT_ROUTE.split("/")[-1]))
    return [
        Route(f"{prefix}/maptiles/{{token}}/{{layer}}/{{z}}/{{x}}/{{y}}.png", tile),
        Mount(f"{prefix}/vendor/leaflet", StaticFiles(directory=leaflet.BASE_DIR)),
        Route(f"{prefix}{FONT_ROUTE}", font),
    ]


def base_path() -> str:
    """Say under which path this app is served.

    Empty at the root, else with a leading and without a trailing slash.
    """
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


THIS_COMPUTER = ("localhost", "127.0.0.1", "[::1]")
EVERY_INTERFACE = ("", "0.0.0.0", "[::]")
"""Addresses to listen on, not to ask for."""
HOST_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.ASCII)


def declared_hosts() -> tuple[str, ...]:
    """List the hosts by which this server may be asked, without ports.

    This computer, ``MUPLAN_HOSTS`` (names and addresses divided by commas), and Streamlit's
    ``server.address``, ``browser.serverAddress`` and ``server.allowedHosts``.

    Raises MuPlanError: ``host_malformed`` for what is no host, ``*`` alone included.
    """
    stated = [
        *os.environ.get("MUPLAN_HOSTS", "").split(","),
        st.get_option("server.address") or "",
        st.get_option("browser.serverAddress") or "",
        *(st.get_option("server.allowedHosts") or ()),
    ]
    hosts = [_host_of(text) for text in stated if not text.startswith("unix:")]
    return tuple(dict.fromkeys((*THIS_COMPUTER, *(h for h in hosts if h not in EVERY_INTERFACE))))


def _host_of(text: str) -> str:
    """Take the host of an address as somebody may write it: with scheme, port and path."""
    bare = text.strip().lower()
    try:
        return f"[{IPv6Address(bare.strip('[]'))}]"
    except ValueError:
        pass
    address = urlsplit(bare if "//" in bare else f"//{bare}")
    try:
        host, _ = address.hostname or "", address.port
    except ValueError:
        raise MuPlanError("host_malformed", host=text) from None
    if bare and not HOST_NAME.fullmatch(host) and ":" not in host:
        raise MuPlanError("host_malformed", host=text)
    return f"[{IPv6Address(host)}]" if ":" in host else host


def gate() -> list[Middleware]:
    """Make what stands before every address; leaves with a sentence where a host is malformed."""
    try:
        hosts = declared_hosts()
    except MuPlanError as error:
        sys.exit(in_every_language(error.code, **error.values))
    origins = st.get_option("server.corsAllowedOrigins") or ()
    return [Middleware(Gate, hosts=hosts, origins=tuple(origins))]


def in_every_language(code: str, **values: object) -> str:
    """Say a sentence in each language: whoever asks for an address has chosen none."""
    return "\n".join(catalogue(language).text(code, **values) for language in LANGUAGES)


class Refusal(PlainTextResponse):
    """An answer that is a sentence."""

    def __init__(
        self, status_code: int, code: str, *, retry_after: int | None = None, **values: object
    ) -> None:
        headers = {"Cache-Control": "no-store"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(in_every_language(code, **values), status_code, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; the gate leaves the sentence as it is."""
        scope[WORDED] = True
        await super().__call__(scope, receive, send)


WORDED = "muplan.worded"
SAFETY_HEADERS = {
    # Maps stand in frames of the same origin, so a page of the app may frame another.
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
SENTENCES = {
    401: "server_forbidden", 403: "server_forbidden", 404: "server_not_found",
    405: "server_method", 413: "server_too_large", 429: "server_busy", 503: "server_busy",
}  # fmt: skip
"""What is said of a status; of others ``server_bad_request`` and ``server_failed``."""


class Gate:
    """What every request passes, those to Streamlit's own pages and its socket included.

    ``hosts``: By which the server may be asked; another one is refused (421), so that a page whose
      name was pointed at this computer (DNS rebinding) reads nothing.
    ``origins``: Pages of other servers that may ask (``https://…``); others are refused (403).

    Answers carry ``SAFETY_HEADERS``, and those that refuse or fail are a sentence: no text of a
    library, no traceback, no path.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origin.strip().rstrip("/").lower() for origin in origins)
        self._trusted = TrustedHostMiddleware(_admit, list(hosts), www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        if not await self._is_asked_by_name(scope):
            await Refusal(421, "server_host_unknown")(scope, receive, answer)
        elif not self._is_asked_from_here(scope):
            await Refusal(403, "server_origin_foreign")(scope, receive, answer)
        else:
            try:
                await self._app(scope, receive, answer)
            except Exception:
                LOG.exception("a request failed")
                if answer.has_begun or scope["type"] != "http":
                    raise
                await Refusal(500, "server_failed")(scope, receive, answer)

    async def _is_asked_by_name(self, scope: Scope) -> bool:
        """Whether the one host named is among those declared."""
        if len(Headers(scope=scope).getlist("host")) != 1:
            return False
        asked: Scope = {"type": scope["type"], "headers": scope["headers"], ADMITTED: False}
        await self._trusted(asked, _nothing, _drop)
        return bool(asked[ADMITTED])

    def _is_asked_from_here(self, scope: Scope) -> bool:
        """Whether no other page asks; browsers say which one does, other programs say nothing."""
        headers = Headers(scope=scope)
        host = headers["host"].lower()
        return all(
            origin.lower() in self._origins or urlsplit(origin.lower()).netloc == host
            for origin in headers.getlist("origin")
        )


ADMITTED = "muplan.admitted"


async def _admit(scope: Scope, _receive: Receive, _send: Send) -> None:
    scope[ADMITTED] = True


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _drop(_: Message) -> None:
    """Forget the answer of the judge of hosts: the gate gives its own."""


class _Answer:
    """Sends an answer on, with safety headers, a sentence in the place of an error's body."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._is_worded = False
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        kind = message["type"].removeprefix("websocket.")
        if kind == "http.response.start":
            self.has_begun = True
            await self._begin(message)
        elif not (self._is_worded and kind == "http.response.body"):
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        status = message["status"]
        headers = MutableHeaders(raw=list(message.get("headers", ())))
        body = None
        if status >= 400 and not self._scope.get(WORDED):
            other = "server_failed" if status >= 500 else "server_bad_request"
            body = in_every_language(SENTENCES.get(status, other)).encode()
            for name in ("content-encoding", "content-range", "etag", "last-modified"):
                del headers[name]
            headers["content-type"] = "text/plain; charset=utf-8"
            headers["content-length"] = str(len(body))
        for name, value in SAFETY_HEADERS.items():
            headers[name] = value
        await self._send({**message, "headers": headers.raw})
        if body is not None:
            self._is_worded = True
            kind = message["type"].replace("start", "body")
            await self._send({"type": kind, "body": body, "more_body": False})


def page_failed(error: Exception) -> bool:
    """Show a sentence in the place of a page that failed outside its border.

    Always true: Streamlit shows nothing of its own.
    """
    LOG.error("a page failed", exc_info=error)
    st.error(in_every_language("page_failed").replace("\n", "\n\n"))
    return True
