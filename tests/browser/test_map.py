"""The tools of the map in a real browser: search, drawing, selection, measuring, print."""

import io

import pytest
from PIL import Image

from tests.browser.conftest import IN_BROWSER, assert_nothing_left_the_machine, open_page

pytestmark = IN_BROWSER


@pytest.fixture
def city_map(page):
    """Open the map and wait for its first tiles: frame, and middle [px]."""
    open_page(page, "map", "地图")
    frame = page.frame_locator("iframe").first
    frame.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    box = page.locator("iframe").first.bounding_box()
    return frame, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_box_chooses_parcels_and_a_line_is_measured_without_the_mouse_finishing_it(
    page, city_map, tmp_path
):
    frame, x, y = city_map
    frame.locator("button[data-tool=box]").click()
    page.mouse.click(x - 150, y - 150)
    page.mouse.click(x + 150, y + 150)
    page.get_by_text("覆盖土地", exact=False).first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=".gpkg").click()
    waiting.value.save_as(tmp_path / "chosen.gpkg")
    assert (tmp_path / "chosen.gpkg").stat().st_size > 0
    frame.locator("button[data-tool=length]").click()
    page.mouse.click(x - 100, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(400)  # two clicks in a row would be a double click
    page.mouse.click(x + 100, y)
    page.keyboard.press("Enter")
    page.get_by_text("椭球面上", exact=False).first.wait_for()
    assert_nothing_left_the_machine(page)


@pytest.mark.usefixtures("city_map")
def test_a_name_is_found_and_gone_to(page):
    page.get_by_test_id("stButtonGroup").get_by_text("查找").click()
    page.get_by_role("textbox", name="名称或编号").fill("南湖")
    page.keyboard.press("Enter")
    page.get_by_text("选一个即定位", exact=False).wait_for()
    grid = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(grid["x"] + 14, grid["y"] + 52)
    page.wait_for_function(
        "() => document.querySelector('iframe').contentWindow.__GLOBAL_DATA__.last_center"
    )
    assert_nothing_left_the_machine(page)


def test_the_view_becomes_a_sheet(page, city_map, tmp_path):
    frame, _, _ = city_map
    frame.locator("button[data-tool=print]").click()
    page.get_by_test_id("stImage").first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG", exact=False).click()
    waiting.value.save_as(tmp_path / "sheet.png")
    assert Image.open(io.BytesIO((tmp_path / "sheet.png").read_bytes())).size == (1754, 1240)
    assert_nothing_left_the_machine(page)
