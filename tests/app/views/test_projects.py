"""The page of the ledger: who looks, disputes with a transfer, the list of problems."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyproj import CRS
from streamlit.testing.v1 import AppTest

from app.answers.workspace import info_answer
from app.context import open_context
from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

MAIN = str(Path(__file__).resolve().parents[3] / "app" / "main.py")
UNIT = "330402"
AT = "2025-01-01T00:00:00+00:00"
TEXT = catalogue("zh").text
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


def test_the_first_page_counts_what_info_counts_for_whoever_looks(page, tmp_path):
    other = create_workspace(tmp_path / "other.gpkg", CRS(4549), title="邻市", created_at=AT)
    with other.edit("a", AT) as edit:
        edit.replace("projects", pd.DataFrame({"project_id": ["P1", "P2"]}), Provenance("t", AT))
    page.run()
    said = {}
    for viewer in (UNIT, "city"):
        page.selectbox(key="viewer_demo.gpkg").set_value(viewer).run()
        start = page.switch_page("views/start.py").run()
        assert not start.exception
        said[viewer] = [text.value for text in start.text]
        page.switch_page("views/projects.py").run()
    seen = info_answer(open_context(tmp_path / "demo.gpkg", viewer=UNIT)).result["layers"]
    whole = info_answer(open_context(tmp_path / "demo.gpkg")).result["layers"]
    counts = {name: sum(row["rows"] for row in rows)
              for name, rows in ((UNIT, seen), ("city", whole))}  # fmt: skip
    assert counts[UNIT] < counts["city"]
    for viewer, others in ((UNIT, 0), ("city", 2)):
        for title, rows in (("嘉兴", counts[viewer]), ("邻市", others)):
            (line,) = [line for line in said[viewer] if line.startswith(title) and " · " in line]
            assert line.endswith(f"{rows:,} 行"), line


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


def test_an_event_that_would_overwrite_what_somebody_changed_meanwhile_is_refused(page, tmp_path):
    page = part(page, "enter")
    page.selectbox(key="projects_chosen").set_value("xm-0001").run()
    page.selectbox(key="ledger_kind").set_value("signed").run()
    workspace = GeoPackageWorkspace(tmp_path / "demo.gpkg")
    events = len(workspace.read("project_events"))
    projects = workspace.read("projects")
    mine = projects[projects["project_id"] == "xm-0001"]
    with workspace.edit("他人", "2025-10-31T08:00:00+08:00") as edit:
        edit.update("projects", mine.assign(name="他人改的名称"), Provenance("t", "2025-10-31"))
    (button,) = [one for one in page.button if one.label == TEXT("ledger_add_event")]
    button.click().run()
    assert not page.exception
    (error,) = page.error
    assert {str(mine["name"].iloc[0]), "他人改的名称"} <= set(
        error.value.replace("”", "“").split("“")
    )
    assert len(workspace.read("project_events")) == events
    (button,) = [one for one in page.button if one.label == TEXT("ledger_add_event")]
    button.click().run()
    assert not page.error, "seen again, it is entered"
    assert len(workspace.read("project_events")) == events + 1
