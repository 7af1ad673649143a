"""A change is undone on the data page in a real browser, and the page shows it at once."""

from tests.browser.conftest import IN_BROWSER, assert_nothing_left_the_machine, open_page

pytestmark = IN_BROWSER


def settle(page):
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
        " === 'notRunning' && !document.querySelector('[data-testid=stSpinner]')"
    )


def import_one(page, path):
    path.write_text(
        "facility_id,facility_kind,name,x,y\nundo-1,port,要撤销的码头,120.9,30.6\n",
        encoding="utf-8",
    )  # fmt: skip
    page.get_by_role("tab", name="导入").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_test_id("stSelectbox").filter(has_text="目标图层").locator("input").click()
    page.keyboard.type("facilities")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="入库").click()
    page.get_by_text("读入 1 行，入库 1 行").wait_for()


def test_an_import_is_undone_on_the_data_page(page, tmp_path):
    open_page(page, "data", "数据管理")
    import_one(page, tmp_path / "码头.csv")
    settle(page)
    page.get_by_role("tab", name="变动与撤销").click()
    page.get_by_text("移除 1 行，恢复 0 行").wait_for()
    undo = page.get_by_role("button", name="撤销", exact=True)
    assert undo.is_disabled()
    reason = page.get_by_label("原因（记入变动记录）").first
    reason.fill("试导入")
    reason.press("Enter")
    settle(page)
    page.get_by_text("确认撤销变动").click()
    settle(page)
    undo.click()
    page.get_by_text("撤销本身也可以撤销").wait_for()
    page.get_by_text("移除 0 行，恢复 1 行").wait_for()
    assert_nothing_left_the_machine(page)
