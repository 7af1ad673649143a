"""The main job in a real browser that can reach nothing but the app itself."""

import json

import openpyxl
from PIL import Image

from tests.browser.conftest import IN_BROWSER, assert_nothing_left_the_machine, open_page

pytestmark = IN_BROWSER


def test_the_map_is_drawn_with_its_layers_and_without_a_network(page, tmp_path):
    open_page(page, "map", "地图")
    frame = page.frame_locator("iframe").first
    frame.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    switches = frame.locator(".leaflet-control-layers-overlays label")
    names = [name.strip() for name in switches.all_inner_texts()]
    assert {"地块", "重大平台", "考核单位", "退出园区"} <= set(names)
    picture = tmp_path / "map.png"
    page.locator("iframe").first.screenshot(path=picture)
    colours = Image.open(picture).convert("RGB").getcolors(maxcolors=1_000_000)
    assert len([count for count, _ in colours if count > 20]) > 30, "the map looks blank"
    assert_nothing_left_the_machine(page)


def test_a_click_on_the_map_shows_what_is_on_file(page):
    open_page(page, "map", "地图")
    frame = page.frame_locator("iframe").first
    frame.locator("img.leaflet-tile-loaded").first.wait_for(state="attached")
    box = page.locator("iframe").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_test_id("stDataFrame").first.wait_for()
    assert_nothing_left_the_machine(page)


def test_a_project_is_matched_and_the_list_taken_away(page, tmp_path):
    open_page(page, "match", "项目选址")
    page.get_by_text("可选", exact=False).first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=".xlsx").click()
    path = tmp_path / "sites.xlsx"
    waiting.value.save_as(path)
    assert "演示数据" in waiting.value.suggested_filename
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert "结论" in headings
    assert sheet.max_row > 1
    assert any("来源" in name for name in book.sheetnames)
    assert_nothing_left_the_machine(page)


def test_charts_write_chinese_with_the_font_that_the_app_hands_out(page):
    open_page(page, "per_mu", "亩均")
    page.get_by_test_id("stVegaLiteChart").locator("svg text").first.wait_for()
    page.wait_for_function(
        "() => [...document.fonts].some(f => f.family.includes('MuPlan') && f.status == 'loaded')"
    )
    texts = page.get_by_test_id("stVegaLiteChart").locator("svg text")
    families = texts.evaluate_all("texts => texts.map(one => one.getAttribute('font-family'))")
    assert set(families) == {"MuPlan Sans"}
    assert any("亩均" in text for text in texts.all_text_contents())
    assert_nothing_left_the_machine(page)


def test_the_block_list_is_taken_away_as_a_layer(page, tmp_path):
    import geopandas as gpd

    open_page(page, "blocks", "连片土地")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=".gpkg").click()
    path = tmp_path / "blocks.gpkg"
    waiting.value.save_as(path)
    blocks = gpd.read_file(path, layer="连片土地")
    assert (blocks["area_mu"] >= 100).all()
    assert len(blocks) > 0
    assert_nothing_left_the_machine(page)


def test_a_file_is_checked_and_stored_from_the_data_page(page, tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": {"facility_id": f"new-{n}", "name": name, "facility_kind": "port"},
            "geometry": {"type": "Point", "coordinates": [120.9 + n / 100, 30.6]},
        }
        for n, name in enumerate(("新码头", "<b>[坏名字](x)</b>"))
    ]
    path = tmp_path / "设施.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )
    open_page(page, "data", "数据管理")
    page.get_by_role("tab", name="导入").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_test_id("stSelectbox").filter(has_text="目标图层").locator("input").click()
    page.keyboard.type("facilities")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="先检查").click()
    page.get_by_text("这是预检").wait_for()
    page.get_by_role("button", name="入库").click()
    page.get_by_text("读入 2 行，入库 2 行").wait_for()
    assert_nothing_left_the_machine(page)
