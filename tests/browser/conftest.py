"""The app in a real browser that can reach nothing but the app itself."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", NO_NETWORK,
)  # fmt: skip

IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="no Chromium: on Debian `apt install chromium fonts-noto-cjk`, elsewhere put "
        "`chromium` on the PATH",
    ),
]


@pytest.fixture(scope="session")
def app_address(small_demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspaces")
    shutil.copy(small_demo, folder / "demo.gpkg")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "MUPLAN_WORKSPACES": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_up(address, server):
    for _ in range(240):
        assert server.poll() is None, "the app stopped at its start"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)  # a server's start has no event to wait for
    pytest.fail("the app did not start within a minute")


@pytest.fixture(scope="module")
def browser():
    """Start one browser a file; a tab of its own in it has no other tab's memory."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def page(app_address, browser):
    tab = browser.new_page(
        viewport={"width": 1440, "height": 950}, locale="zh-CN", base_url=app_address
    )
    tab.set_default_timeout(90_000)
    tab.hosts = set()
    tab.on("request", lambda request: tab.hosts.add(urlsplit(request.url).hostname or "data"))
    tab.on("websocket", lambda socket: tab.hosts.add(urlsplit(socket.url).hostname))
    yield tab
    tab.close()


def open_page(page, name, heading):
    page.goto(f"/{name}")
    page.get_by_role("heading", name=heading, exact=False).first.wait_for()
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=stSpinner], [data-testid=stStatusWidget]')"
    )


def assert_nothing_left_the_machine(page):
    assert page.hosts <= {"127.0.0.1", "data"}
