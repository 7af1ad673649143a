"""The investment map as a file in a browser that can reach nothing at all."""

import pytest

from app.answers.investment import InvestmentQuery, investment_map
from app.context import open_context
from tests.browser.conftest import IN_BROWSER, open_page

pytestmark = IN_BROWSER

HOSTILE = "<img src=x onerror=alert(1)>"
ENDING = "</script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def address(small_demo, tmp_path_factory):
    """Write the map of the demonstration, two of its names being markup."""
    context = open_context(small_demo)
    platforms = context.source.read("major_platforms")
    facilities = context.source.read("facilities")
    held = {"major_platforms": platforms.copy(), "facilities": facilities.copy()}
    held["major_platforms"].loc[platforms.index[0], "name"] = HOSTILE
    held["facilities"].loc[facilities.index[0], "name"] = ENDING
    context.source._read.update(held)  # a source that reads once keeps what it has
    made = investment_map(context, InvestmentQuery(title=ENDING, contact=HOSTILE))
    path = tmp_path_factory.mktemp("map") / "招商.html"
    path.write_text(made.html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def sheet(address, browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 800}, offline=True)
    tab.asked, tab.said = [], []
    tab.on("request", lambda request: tab.asked.append(request.url))
    tab.on("console", lambda message: tab.said.append(message.text))
    tab.on("pageerror", lambda error: tab.said.append(str(error)))
    tab.on("dialog", lambda dialog: (tab.said.append(dialog.message), dialog.dismiss()))
    tab.goto(address)
    tab.locator("path.leaflet-interactive").first.wait_for(state="attached")
    yield tab
    tab.close()
    assert tab.said == []
    assert tab.asked == [address]


def test_names_that_are_markup_are_shown_as_they_are(sheet):
    assert sheet.locator("h1").inner_text().startswith(ENDING)
    assert sheet.locator("img").count() == 0
    button = sheet.locator("aside button", has_text=HOSTILE)
    button.click()
    assert sheet.locator(".leaflet-popup h3").inner_text() == HOSTILE
    assert sheet.locator(".leaflet-popup dd").first.inner_text() == "国家级"
    named = sheet.locator(f"path[aria-label='{ENDING}']")
    named.focus()
    sheet.keyboard.press("Enter")
    assert sheet.locator(".leaflet-popup h3").last.inner_text() == ENDING


def test_it_is_walked_through_with_the_keyboard_alone(sheet):
    site = sheet.locator("path[aria-label='1 号地']")
    site.focus()
    sheet.keyboard.press("Enter")
    popup = sheet.locator(".leaflet-popup")
    assert popup.locator("h3").inner_text() == "1 号地"
    assert "亩" in popup.inner_text()
    assert sheet.evaluate("document.activeElement.className").endswith("close-button")
    sheet.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert sheet.evaluate("document.activeElement.getAttribute('aria-label')") == "1 号地"
    assert sheet.locator(".leaflet-control-zoom-in").get_attribute("title") == "放大"


def test_it_shows_legend_scale_date_source_and_what_it_is_not(sheet):
    legend = sheet.locator(".legend").inner_text()
    assert all(word in legend for word in ("可供连片土地", "高速公路", "国家级", "北"))
    assert sheet.locator(".leaflet-control-scale-line").inner_text().endswith(("m", "km"))
    assert "2025-10-31" in sheet.locator("header").inner_text()
    assert "不作为权属" in sheet.locator("footer").inner_text()
    switch = sheet.locator(".leaflet-control-layers label", has_text="可供连片土地")
    switch.click()
    assert sheet.locator("path[aria-label='1 号地']").count() == 0


def test_it_prints_on_paper_with_every_fact(sheet, tmp_path):
    pdf = sheet.pdf(path=tmp_path / "map.pdf", prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") >= 2
    assert sheet.evaluate("document.getElementById('map').className").find("printed") == -1


def test_the_page_of_the_app_makes_it_and_hands_it_out(page, tmp_path):
    open_page(page, "invest", "招商地图")
    page.get_by_role("button", name="生成").click()
    page.get_by_text("可供土地", exact=False).first.wait_for()
    frame = page.frame_locator("iframe[src^='data:text/html']")
    frame.locator("path.leaflet-interactive").first.wait_for(state="attached")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=".html").click()
    path = tmp_path / "map.html"
    waiting.value.save_as(path)
    assert "可供连片土地" in path.read_text(encoding="utf-8")
