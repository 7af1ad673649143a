"""The page of the ledger: who looks, disputes with a transfer, the list of problems."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

MAIN = str(Path(__file__).resolve().parents[3] / "app" / "main.py")
UNIT = "330402"
pytestmark = pytest.mark.usefixtures("components_sought_once")


@pytest.fixture
def page(small_demo, tmp_path, monkeypatch):
    shutil.copyfile(small_demo, tmp_path / "demo.gpkg")
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(tmp_path))
    return AppTest.from_file(MAIN, default_timeout=120).switch_page("views/projects.py").run()


def part(page, name):
    page.radio(key="projects_part").set_value(name).run()
    assert not page.exception
    return page


def told(page):
    """Everything a page shows as text or in a list."""
    lists = [frame.value.astype(str).to_numpy().ravel() for frame in page.dataframe]
    texts = [one.value for kind in ("markdown", "caption", "info", "error", "success", "text")
             for one in getattr(page, kind)]  # fmt: skip
    return "\n".join([*texts, *(str(cell) for cells in lists for cell in cells)])


def test_with_a_unit_as_viewer_the_others_projects_are_only_counted(page):
    assert "xm-0001" in told(page)
    page.selectbox(key="viewer_demo.gpkg").set_value(UNIT).run()
    seen = told(page)
    assert not page.exception
    assert "xm-0002" in seen, "its own"
    assert "xm-0001" not in seen, "in talks with another unit"
    assert "***1" in seen
    refused = part(page, "ranking")
    assert "全市" in refused.error[0].value
    page.selectbox(key="viewer_demo.gpkg").set_value("city").run()
    assert "xm-0001" in told(part(page, "list"))


def test_a_dispute_shows_both_timelines_who_may_talk_and_asks_before_it_looks_for_a_place(page):
    page = part(page, "conflicts")
    said = told(page)
    assert "排他首谈至" in said
    assert {"xm-0001", "xm-0002"} <= set(page.selectbox(key="transfer_project").options)
    assert "同等赋分" not in said
    page.button(key="transfer_ask").click().run()
    assert not page.exception
    assert "同等赋分" in told(page)


def test_the_problems_stand_with_their_state(page):
    page = part(page, "problems")
    assert "个问题" in told(page)
    assert {"已交办", "已办结"} <= set(page.dataframe[0].value["状态"])
