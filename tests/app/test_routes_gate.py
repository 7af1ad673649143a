"""The gate before every address: who may ask, what an answer carries, what an error says."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from streamlit.testing.v1 import AppTest

from app.routes import Gate, TileRegistry, app_routes, declared_hosts, gate, in_every_language
from geo.errors import MuPlanError

SECRET = "/home/somebody/secret/projects.gpkg"
ROOT = Path(__file__).resolve().parents[2]
PAGE = b"<p>the page</p>"


async def page(_):
    return Response(PAGE, media_type="text/html")


async def broken(_):
    raise ValueError(f"unable to open database file {SECRET}")


async def library_error(_):
    return PlainTextResponse(f"File not found: {SECRET}", 404, {"ETag": "x"})


async def socket(websocket):
    await websocket.accept()
    await websocket.close()


def guarded(hosts=("localhost", "127.0.0.1", "[::1]"), origins=()):
    routes = [
        Route("/", page), Route("/broken", broken), Route("/library", library_error),
        WebSocketRoute("/_stcore/stream", socket),
    ]  # fmt: skip
    return Starlette(routes=routes, middleware=[Middleware(Gate, hosts=hosts, origins=origins)])


def ask(app, path="/", headers=(("host", "localhost:8501"),), kind="http"):
    """Ask as a browser would; give status, headers and body, the messages for a socket."""
    sent = []
    first = "http.request" if kind == "http" else "websocket.connect"
    asked = iter([{"type": first, "body": b"", "more_body": False}])

    async def receive():
        for message in asked:
            return message
        return await anyio.sleep_forever()

    async def send(message):
        sent.append(message)

    scope = {
        "type": kind, "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http" if kind == "http" else "ws", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "server": ("127.0.0.1", 8501), "client": ("127.0.0.1", 1),
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    anyio.run(app, scope, receive, send)
    if sent[0]["type"] == "websocket.accept":
        return 101, {}, b""
    told = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


def host(name):
    return (("host", name),)


@pytest.mark.parametrize(
    "name", ["localhost", "LOCALHOST:8501", "127.0.0.1:1", "[::1]:8501", "[::1]"]
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_this_computer_may_ask_by_each_of_its_names(name, kind):
    path = "/" if kind == "http" else "/_stcore/stream"
    assert ask(guarded(), path, host(name), kind)[0] == (200 if kind == "http" else 101)


@pytest.mark.parametrize(
    "headers",
    [
        host("evil.example"), host("localhost.evil.example:8501"), host("127.0.0.1.evil.example"),
        host("localhost@evil.example"), host("evil.example/localhost"), host("192.168.1.7:8501"),
        host(""), (), host("[::2]"), host("localhost:port"), host("127.1"),
        (*host("localhost"), *host("evil.example")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_host_is_refused_with_the_way_to_declare_it(headers, kind):
    path = "/" if kind == "http" else "/_stcore/stream"
    status, _, body = ask(guarded(), path, headers, kind)
    assert status == 421
    assert body.decode() == in_every_language("server_host_unknown")
    assert b"MUPLAN_HOSTS" in body


def test_a_declared_host_may_ask_and_no_other_of_its_domain():
    app = guarded(("plan.local", "*.city.example"))
    assert ask(app, headers=host("plan.local:8501"))[0] == 200
    assert ask(app, headers=host("a.city.example"))[0] == 200
    assert ask(app, headers=host("other.local"))[0] == 421
    assert ask(app, headers=host("evilcity.example"))[0] == 421


@pytest.mark.parametrize(
    ("origin", "is_heard"),
    [
        ("http://localhost:8501", True),
        ("HTTP://LOCALHOST:8501", True),
        ("https://portal.example", True),
        ("http://localhost:3000", False),
        ("http://localhost", False),
        ("http://127.0.0.1:8501", False),
        ("http://evil.example", False),
        ("http://localhost:8501.evil.example", False),
        ("http://x@localhost:8501", False),
        ("http://portal.example", False),
        ("null", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_a_page_of_the_same_address_or_a_declared_one_is_heard(origin, is_heard, kind):
    path = "/" if kind == "http" else "/_stcore/stream"
    headers = (*host("localhost:8501"), ("origin", origin))
    status, _, body = ask(guarded(origins=("https://portal.example/",)), path, headers, kind)
    assert status == ((200 if kind == "http" else 101) if is_heard else 403)
    assert is_heard or body.decode() == in_every_language("server_origin_foreign")


@pytest.mark.parametrize(
    ("path", "name"), [("/", "localhost"), ("/none", "localhost"), ("/broken", "localhost"),
                       ("/", "evil.example")],
)  # fmt: skip
def test_every_answer_may_be_framed_by_the_app_only_and_is_what_it_says_it_is(path, name):
    headers = ask(guarded(), path, host(name))[1]
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_what_is_well_goes_through_as_it_is():
    status, headers, body = ask(guarded())
    assert (status, body) == (200, PAGE)
    assert headers["content-type"].startswith("text/html")
    assert headers["content-length"] == str(len(PAGE))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/broken", 500, "server_failed"),
        ("/library", 404, "server_not_found"),
        ("/none", 404, "server_not_found"),
    ],
)
def test_an_error_is_a_sentence_without_path_traceback_or_text_of_a_library(path, status, code):
    found, headers, body = ask(guarded(), path)
    assert found == status
    assert body.decode() == in_every_language(code)
    assert headers["content-length"] == str(len(body))
    assert "etag" not in headers
    for leak in (SECRET, "Traceback", "ValueError", "not found", "Not Found", "database"):
        assert leak not in body.decode()


def options(monkeypatch, **values):
    stated = {name.replace("_", ".", 1): value for name, value in values.items()}
    monkeypatch.setattr(st, "get_option", stated.get)


HERE = ("localhost", "127.0.0.1", "[::1]")


def test_hosts_are_declared_by_the_environment_or_by_the_settings_of_streamlit(monkeypatch):
    monkeypatch.setenv("MUPLAN_HOSTS", " http://Plan.Local:8501/x , 10.1.2.3,,[fe80::1]:8501,::2")
    options(
        monkeypatch, server_address="192.168.1.7", browser_serverAddress="gis.example",
        server_allowedHosts=["*.city.example"],
    )  # fmt: skip
    assert declared_hosts() == (
        *HERE, "plan.local", "10.1.2.3", "[fe80::1]", "[::2]", "192.168.1.7", "gis.example",
        "*.city.example",
    )  # fmt: skip


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "127.0.0.1", "unix:///run/x"])
def test_an_address_to_listen_on_everywhere_declares_no_host(monkeypatch, address):
    monkeypatch.delenv("MUPLAN_HOSTS", raising=False)
    options(monkeypatch, server_address=address, browser_serverAddress="localhost")
    assert declared_hosts() == HERE


@pytest.mark.parametrize("text", ["*", "*evil", "a b", "http://", "x:port", "a,*.", "-", "a/../*"])
def test_what_is_no_host_stops_the_start_with_a_sentence(monkeypatch, text):
    monkeypatch.setenv("MUPLAN_HOSTS", f"plan.local,{text}")
    options(monkeypatch)
    if text == "a/../*":  # a path behind a host means nothing
        assert declared_hosts() == (*HERE, "plan.local", "a")
        return
    with pytest.raises(MuPlanError):
        declared_hosts()
    with pytest.raises(SystemExit) as stopped:
        gate()
    assert "MUPLAN_HOSTS" in str(stopped.value.code)


class SlowView:
    """A map whose tiles are painted when the test lets them be."""

    def __init__(self, runs):
        self.runs, self.may_end = runs, threading.Event()

    def png(self, *_):
        self.runs.release()
        assert self.may_end.wait(20)
        return b"\x89PNG"


def test_a_flood_of_tiles_is_refused_with_a_time_to_ask_again_and_ends_with_the_flood():
    painting = threading.Semaphore(0)
    view, registry = SlowView(painting), TileRegistry()
    registry.put("secret", view)
    app = Gate(Starlette(routes=app_routes("", registry, most_tiles_asked=1)), HERE)
    path = "/maptiles/secret/land_parcels/1/0/0.png"
    with ThreadPoolExecutor(1) as other:
        first = other.submit(ask, app, path)
        assert painting.acquire(timeout=20)
        status, headers, body = ask(app, path)
        view.may_end.set()
        assert first.result()[0] == 200
    assert (status, headers["retry-after"]) == (503, "1")
    assert body.decode() == in_every_language("server_busy")
    assert ask(app, path)[0] == 200


@pytest.mark.parametrize(
    "place", ["21/0/0", "3/8/0", "3/0/8", "-1/0/0", "a/0/0", "1.0/0/0", "１/0/0", "+1/0/0",
              f"{'9' * 5000}/0/0", f"0/{'9' * 5000}/0", "1/0/0_1", "%00/0/0", " 1/0/0"],
)  # fmt: skip
def test_a_place_that_is_none_is_a_sentence_and_never_reaches_the_painter(place):
    registry = TileRegistry()
    painted = []

    class View:
        def png(self, *where):
            painted.append(where)

    registry.put("secret", View())
    app = Gate(Starlette(routes=app_routes("", registry)), HERE)
    status, _, body = ask(app, f"/maptiles/secret/land_parcels/{place}.png")
    assert status == 404
    assert body.decode() == in_every_language("server_no_tile", most=20)
    assert all(0 <= number < 10**7 for where in painted for number in where[1:])


BROKEN_PAGE = """
import streamlit as st
from app.components.page import error_text, within_border
from geo.errors import MuPlanError

def unknown():
    raise ValueError("unable to open database file {path}")

def known():
    raise MuPlanError("workspace_locked", path="{path}")

within_border(unknown)
within_border(known)
"""


def test_an_error_on_a_page_names_the_file_and_neither_its_folder_nor_what_a_library_said():
    page_shown = AppTest.from_string(BROKEN_PAGE.replace("{path}", SECRET)).run(timeout=60)
    sentences = [error.value for error in page_shown.error]
    assert len(sentences) == 2
    assert not page_shown.exception
    assert "projects.gpkg" in sentences[1].replace("\\", "")
    for leak in ("somebody", "secret", "Traceback", "database", "ValueError"):
        assert leak not in "".join(sentences)


def test_a_page_that_fails_outside_its_border_says_a_sentence_and_nothing_of_streamlits_own():
    script = (
        "from app.routes import page_failed\n"
        f"assert page_failed(ValueError('unable to open {SECRET}')) is True"
    )
    shown = AppTest.from_string(script).run(timeout=60)
    (sentence,) = (error.value for error in shown.error)
    assert not shown.exception
    assert sentence.split("\n\n") == in_every_language("page_failed").split("\n")
    assert "page_failed" in (ROOT / "streamlit_app.py").read_text(encoding="utf-8")
