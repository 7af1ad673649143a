"""The pictures of the guide, made anew where the environment sets MUPLAN_GUIDE_PICTURES."""

import os
import time
from pathlib import Path

import pytest
from PIL import Image

from app.messages import catalogue
from app.routes import SECTIONS
from tests.browser.conftest import IN_BROWSER, open_page

PROJECT = Path(__file__).resolve().parents[2]
PICTURES = PROJECT / "docs" / "images" / "guide"
WIDTH_PX, COLOURS = 1080, 48

pytestmark = [
    *IN_BROWSER,
    pytest.mark.skipif(
        not os.environ.get("MUPLAN_GUIDE_PICTURES"),
        reason="pictures of the guide are made on request: MUPLAN_GUIDE_PICTURES=1",
    ),
]

RUN = {"invest": "生成"}
"""Pages that show their answer once a button is pressed."""
TALL_PX = {"start": 640}
SHOWN_PX = 900


def reduced(path):
    """Make a picture small enough for a repository: fewer pixels, a palette."""
    with Image.open(path) as picture:
        height = round(picture.height * WIDTH_PX / picture.width)
        small = picture.convert("RGB").resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
    small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


SETTLED = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    const busy = "[data-testid=stSpinner], [data-testid=stSkeleton], [data-testid=stProgress]";
    return app && app.dataset.testScriptState === "notRunning" && !document.querySelector(busy);
}"""


WITHOUT_FOLDER = """() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const said = texts.currentNode.nodeValue;
        texts.currentNode.nodeValue = said.replace(/\\/\\S*workspaces\\d*/g, "workspaces");
    }
}"""
"""The folder is one of this machine."""


def settle(page):
    """Wait until the page has been quiet for a while: it goes on drawing after it stands."""
    quiet, end = 0, time.monotonic() + 150
    while quiet < 4 and time.monotonic() < end:
        page.wait_for_timeout(700)
        quiet = quiet + 1 if page.evaluate(SETTLED) else 0
    if page.locator("iframe").count():
        drawn = "img.leaflet-tile-loaded, path.leaflet-interactive"
        page.frame_locator("iframe").first.locator(drawn).first.wait_for(state="attached")
        page.wait_for_timeout(2500)  # the other tiles


@pytest.mark.parametrize("name", [name for pages in SECTIONS.values() for name, _ in pages])
def test_a_picture_of_every_page_is_made(name, page):
    page.set_viewport_size({"width": 1440, "height": TALL_PX.get(name, SHOWN_PX)})
    title = catalogue("zh").text(f"page_{name}")
    open_page(page, "" if name == "start" else name, "工作区" if name == "start" else title)
    if name in RUN:
        page.get_by_role("button", name=RUN[name], exact=True).click()
        page.locator("iframe").first.wait_for()
    settle(page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.evaluate(WITHOUT_FOLDER)
    page.screenshot(path=path)
    reduced(path)
    assert path.stat().st_size < 200_000
