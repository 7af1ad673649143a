"""The map in a browser: ours against plain st_folium with GeoJSON, on the same parcels."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np

from benchmarks.parcels import parcels

SIZES = (1_000, 10_000, 100_000)
GIVEN_UP_S = 60.0
"""A first view that takes longer is given up."""
PAN_S = 2.0
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
DRAWN = {
    "ours": """() => {
        const frame = document.querySelector("iframe");
        const inside = frame && frame.contentDocument;
        const tiles = inside ? [...inside.querySelectorAll("img.leaflet-tile")] : [];
        return tiles.length > 4 && tiles.every(t => t.classList.contains("leaflet-tile-loaded"));
    }""",
    "st_folium": """() => {
        const frame = document.querySelector("iframe");
        const map = frame && frame.contentWindow.map;
        return Boolean(map) && Object.values(map._layers).some(layer => layer.feature);
    }""",
}
FRAMES = """() => {
    const inside = document.querySelector("iframe").contentWindow;
    inside.frames_seen = 0;
    const step = () => { inside.frames_seen++; inside.requestAnimationFrame(step); };
    inside.requestAnimationFrame(step);
}"""
SEEN = "() => document.querySelector('iframe').contentWindow.frames_seen"
MARKED = """() => document.body.innerText.includes("facts ")"""
Figures = dict[str, float]


def section(sizes: tuple[int, ...], rounds: int) -> list[str]:
    """Measure both at all sizes.

    Parameters
    ----------
    sizes
        Numbers of parcels.
    rounds
        How often each is opened; medians are given.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    lines = [
        f"## map, n = {max(sizes):,}", "",
        "| parcels | who | first whole view s | pan fps | click → facts s | run again s "
        "| sent at first MB | sent by a click kB | sent by running again kB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    load = os.getloadavg()
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "parcels.parquet"
            _write(path, n)
            for who in DRAWN:
                found = [_measured(who, path) for _ in range(rounds)]
                lines.append(_row(n, who, found))
                print(lines[-1], flush=True)
    after = os.getloadavg()
    return [
        *lines, "",
        f"Rounds: {rounds} (medians). Each server is new: its first view includes reading and "
        "preparing the parcels. Chromium without GPU or network, Leaflet from this machine "
        "for both; sent is what HTTP and the websocket carry, the page framework's own scripts "
        "included.", "",
        f"{os.cpu_count()} processors shared with other work: load of the last minute "
        f"{load[0]:.1f} before and {after[0]:.1f} after.",
    ]  # fmt: skip


def _write(path: Path, n: int) -> None:
    drawn = parcels(n)
    gpd.GeoDataFrame(
        {
            "parcel_id": [f"P{at}" for at in range(n)],
            "name": "",
            "state": np.where(drawn.is_ready, "cleared", "idle"),
        },
        geometry=drawn.polygons, crs=4549,
    ).to_parquet(path)  # fmt: skip


def _row(n: int, who: str, found: list[Figures]) -> str:
    if any(not figures for figures in found):
        return f"| {n:,} | {who} | given up at {GIVEN_UP_S:.0f} |  |  |  |  |  |  |"
    middle = {name: median(figures[name] for figures in found) for name in found[0]}
    return (
        f"| {n:,} | {who} | {middle['first']:.2f} | {middle['fps']:.0f} | {middle['click']:.2f} "
        f"| {middle['again']:.2f} | {middle['sent'] / 1e6:.2f} | {middle['click_sent'] / 1e3:.1f} "
        f"| {middle['again_sent'] / 1e3:.1f} |"
    )


def _measured(who: str, path: Path) -> Figures:
    """Open the page once; empty where the first view was given up."""
    from playwright.sync_api import TimeoutError as GivenUpError
    from playwright.sync_api import sync_playwright

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "benchmarks/map_app.py",
         "--server.port", str(port), "--server.headless", "true"],
        cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "MUPLAN_BENCH_WHO": who, "MUPLAN_BENCH_PARCELS": str(path)},
    )  # fmt: skip
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(QUIET)
            )
            try:
                page = browser.new_page(viewport={"width": 1366, "height": 768})
                return _opened(page, f"http://127.0.0.1:{port}/", who)
            except GivenUpError:
                return {}
            finally:
                browser.close()
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_up(address: str) -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.25)  # a server's start has no event to wait for


def _opened(page: Any, address: str, who: str) -> Figures:
    sent = {"bytes": 0.0}

    def took(amount: float) -> None:
        sent["bytes"] += amount

    page.on("websocket", lambda held: held.on("framereceived", lambda frame: took(len(frame))))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: took(event["encodedDataLength"]))
    page.set_default_timeout(GIVEN_UP_S * 1000)
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN[who])
    _two_frames(page)
    first = time.perf_counter() - begun
    page.wait_for_timeout(1500)
    at_first = sent["bytes"]
    box = page.locator("iframe").bounding_box()
    middle = (box["x"] + box["width"] / 2 + 3, box["y"] + box["height"] / 2 + 3)
    fps = _panned(page, *middle)
    page.wait_for_timeout(1500)
    before = sent["bytes"]
    begun = time.perf_counter()
    page.mouse.click(*middle)
    page.wait_for_function(MARKED)
    _two_frames(page)
    click = time.perf_counter() - begun
    page.wait_for_timeout(1500)
    by_click, before = sent["bytes"] - before, sent["bytes"]
    begun = time.perf_counter()
    page.get_by_role("button", name="again").click()
    page.wait_for_function("() => document.body.innerText.includes('runs 1')")
    page.wait_for_function("() => !document.querySelector('[data-stale=true]')")
    _two_frames(page)
    again = time.perf_counter() - begun
    page.wait_for_timeout(1500)
    return {
        "first": first, "fps": fps, "click": click, "again": again, "sent": at_first,
        "click_sent": by_click, "again_sent": sent["bytes"] - before,
    }  # fmt: skip


def _two_frames(page: Any) -> None:
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")


def _panned(page: Any, x: float, y: float) -> float:
    """Drag the map to and fro; give the frames drawn in a second."""
    page.evaluate(FRAMES)
    page.mouse.move(x, y)
    page.mouse.down()
    begun, seen = time.perf_counter(), page.evaluate(SEEN)
    step = 0
    while time.perf_counter() - begun < PAN_S:
        step += 1
        page.mouse.move(x + 80 * np.sin(step / 15), y + 40 * np.sin(step / 11))
    frames, seconds = page.evaluate(SEEN) - seen, time.perf_counter() - begun
    page.mouse.move(x, y)
    page.mouse.up()
    return float(frames / seconds)
