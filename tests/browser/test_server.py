"""The running server: what Streamlit's own addresses and its socket answer, and maps in frames."""

import http.client
from urllib.parse import urlsplit

import pytest

from app.routes import in_every_language
from tests.browser.conftest import IN_BROWSER, open_page

SOCKET = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def ask(address, path, **headers):
    """Ask the running server once; give status, headers and what it says."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        return answer.status, dict(answer.getheaders()), body.decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/map", "/_stcore/health", "/vendor/leaflet/leaflet.js"])
def test_no_page_answers_to_a_host_that_is_not_declared(app_address, path):
    assert ask(app_address, path)[0] == 200
    status, headers, said = ask(app_address, path, Host="rebound.example")
    assert (status, said) == (421, in_every_language("server_host_unknown"))
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_the_socket_opens_to_the_app_itself_only(app_address):
    path = "/_stcore/stream"
    assert ask(app_address, path, Origin=app_address, **SOCKET)[0] == 101
    for origin in ("http://rebound.example", "http://localhost:3000", "null"):
        status, _, said = ask(app_address, path, Origin=origin, **SOCKET)
        assert (status, said) == (403, in_every_language("server_origin_foreign"))
    host = {"Host": "rebound.example", "Origin": "http://rebound.example"}
    assert ask(app_address, path, **host, **SOCKET)[0] == 421


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/media/none", 404),
        ("/component/none/index.html", 404),
        ("/vendor/leaflet/none", 404),
        ("/vendor/leaflet/..%2f..%2fpyproject.toml", 400),
        ("/maptiles/guessed/labels/1/0/0.png", 403),
        (f"/maptiles/guessed/labels/{'9' * 5000}/0/0.png", 403),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence_of_ours(app_address, path, status):
    found, headers, said = ask(app_address, path)
    assert found == status
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert len(said.splitlines()) == 2
    assert said.splitlines()[0].endswith("。")


class TestInABrowser:
    pytestmark = IN_BROWSER

    def test_the_map_stands_in_its_frame_with_its_tiles(self, page):
        refused = []
        page.on("console", lambda message: refused.append(message.text))
        open_page(page, "map", "地图")
        frame = page.frame_locator("iframe").first
        frame.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
        assert [text for text in refused if "refused" in text.lower()] == []

    def test_another_page_cannot_frame_the_app(self, page, app_address):
        framed = []
        page.on("console", lambda message: framed.append(message.text))
        page.set_content(f"<iframe src='{app_address}/'></iframe>")
        page.wait_for_timeout(3000)  # a refusal has no event of its own
        assert any("frame" in text.lower() for text in framed)
