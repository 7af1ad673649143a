"""Every page in a real browser: both languages, both sizes, every export, no error anywhere."""

import re
import zipfile

import pytest

from app.messages import catalogue
from app.routes import SECTIONS
from tests.browser.conftest import IN_BROWSER, assert_nothing_left_the_machine

pytestmark = IN_BROWSER

PAGES = [name for pages in SECTIONS.values() for name, _ in pages]
SIZES = ((1366, 768), (1920, 1080))
CJK = re.compile("(?!亩)[\u4e00-\u9fff]")
"""A Chinese sign; 亩 is a unit of measure in both languages."""
DATA = re.compile("演示|亩策|中文|市|县|区|园")
"""Names of the demonstration, of the product, and of the other language."""

WIDER = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  return main.scrollWidth - main.clientWidth;
}"""


@pytest.fixture
def watched(page):
    """A tab that remembers what went wrong in it."""
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if is_fault(said) else None)
    return page


def is_fault(said):
    # Opened at its own address, a page first asks for its server beneath it: the answer is 404.
    return said.type == "error" and "_stcore" not in (said.location or {}).get("url", "")


def open_in(page, name, language):
    page.goto(f"/{'' if name == 'start' else name}?lang={language}")
    heading = catalogue(language).text(f"page_{name}") if name != "start" else None
    headings = page.get_by_role("heading")
    (headings.filter(has_text=heading) if heading else headings).first.wait_for()
    settle(page)


def go_to(page, name, language):
    """Choose a page in the list beside it: the app stays loaded, as for whoever works with it."""
    page.locator(f"[data-testid=stSidebarNavLink][href$='/{name}']").click()
    heading = catalogue(language).text(f"page_{name}")
    page.get_by_role("heading").filter(has_text=heading).first.wait_for()
    settle(page)


def settle(page):
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
        " === 'notRunning' && !document.querySelector('[data-testid=stSpinner]')"
    )


def assert_in_order(page, name):
    assert page.get_by_test_id("stException").count() == 0, name
    for alert in page.get_by_test_id("stAlertContentError").all():
        pytest.fail(f"{name}: {alert.inner_text()}")
    assert page.faults == [], name


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_fits_both_sizes_speaks_one_language_and_hands_out_its_files(
    watched, language, tmp_path
):
    foreign, taken = {}, 0
    for name in PAGES:
        if language == "zh" or name == PAGES[0]:
            open_in(watched, name, language)
        else:
            go_to(watched, name, language)
        for width, height in SIZES:
            watched.set_viewport_size({"width": width, "height": height})
            watched.wait_for_function(f"() => window.innerWidth === {width}")
            # Charts draw themselves anew in the other width.
            watched.wait_for_function(f"() => ({WIDER})() <= 1", timeout=10_000)
        said = watched.locator("h1, h2, h3, label, button").all_inner_texts()
        foreign[name] = [one for one in said if CJK.search(one) and not DATA.search(one)]
        if language == "zh":
            taken += files_taken(watched, name, tmp_path)
        assert_in_order(watched, name)
    if language == "en":
        assert {name: said for name, said in foreign.items() if said} == {}
    else:
        assert taken > len(PAGES), "a page has a file to take away, most have several"
    assert_nothing_left_the_machine(watched)


def files_taken(page, name, folder):
    """Take every file that a page offers, and give their number."""
    taken = 0
    for number, button in enumerate(page.get_by_test_id("stDownloadButton").all()):
        if not button.is_visible():
            continue
        with page.expect_download() as waiting:
            button.get_by_role("button").click()
        path = folder / f"{number}_{waiting.value.suggested_filename}"
        waiting.value.save_as(path)
        assert path.stat().st_size > 0, (name, path.name)
        if path.suffix in (".xlsx", ".docx", ".zip"):
            assert zipfile.ZipFile(path).testzip() is None, (name, path.name)
        taken += 1
    return taken


def test_a_page_opened_anew_in_the_middle_and_two_tabs_at_once_go_on(watched, browser, app_address):
    open_in(watched, "match", "zh")
    other = browser.new_page()
    other.set_default_timeout(90_000)
    other.faults = []
    other.goto(f"{app_address}/per_mu?lang=en")
    other.get_by_role("heading", name=catalogue("en").text("page_per_mu")).first.wait_for()
    watched.reload()
    watched.get_by_role("heading", name=catalogue("zh").text("page_match")).first.wait_for()
    settle(watched)
    settle(other)
    assert_in_order(watched, "match")
    assert_in_order(other, "per_mu")
    # Each tab has a language, a day and a viewer of its own.
    assert other.get_by_role("heading", name=catalogue("en").text("page_per_mu")).count() > 0
    other.close()
