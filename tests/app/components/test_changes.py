"""Changes on the data page: the list, the way back, backups, and who may see them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.answers.scenarios import add_scenario, adopt_scenario, scenario_named
from app.context import open_context
from app.messages import catalogue
from layers.workspace import backup
from layers.workspace.backup import backups
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance
from platforms.scenario.edits import SetMajor
from tests.planning_frames import CITY_CRS
from tests.scenario_city import city

MAIN = str(Path(__file__).resolve().parents[3] / "app" / "main.py")
TEXT = catalogue("zh").text
SOURCE = Provenance("t", "2025-01-01T00:00:00+00:00")
DID = TEXT("column_change_did")


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A little city (change 1), whose platforms somebody renamed (change 2)."""
    workspace = create_workspace(
        tmp_path / "w.gpkg", CITY_CRS, title="小城", created_at=SOURCE.imported_at,
        as_of="2025-06-30",
    )  # fmt: skip
    layers = city().layers
    with workspace.edit("甲", "2025-01-01T00:00:00+00:00", reason="建库") as edit:
        for name, frame in layers.items():
            edit.replace(name, frame, SOURCE)
    rename(workspace, "改错的名字", "2025-01-02T00:00:00+00:00", "名称录错")
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(tmp_path))
    return tmp_path / "w.gpkg"


def rename(workspace, name, at, reason=""):
    with workspace.edit("乙", at, reason=reason) as edit:
        rows = edit.read("major_platforms").iloc[:1]
        edit.update("major_platforms", rows.assign(name=name), SOURCE)


def first_name(path):
    return GeoPackageWorkspace(path).read("major_platforms")["name"].iloc[0]


def opened(page="data"):
    app = AppTest.from_file(MAIN, default_timeout=120).run()
    app.switch_page(f"views/{page}.py").run()
    assert not app.exception
    return app


def listed(app):
    return next(frame.value for frame in app.dataframe if DID in frame.value.columns)


def chosen(app, label):
    return next(box for box in app.selectbox if box.label == TEXT(label))


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def texts(app):
    return "\n".join(
        one.value
        for kind in ("markdown", "caption", "info", "success", "warning", "error")
        for one in getattr(app, kind)
    )


def test_the_changes_are_listed_the_last_first_with_who_when_and_why(path):
    table = listed(opened())
    assert table[TEXT("column_change_no")].tolist() == [2, 1]
    assert table[TEXT("column_change_actor")].tolist() == ["乙", "甲"]
    assert table[TEXT("column_change_reason")].tolist() == ["名称录错", "建库"]
    assert table[TEXT("column_kind_of_change")].tolist() == [TEXT("change_kind_edit")] * 2
    assert "1 行" in table[DID].iloc[0]


def test_a_change_is_undone_once_ticked_and_everything_is_read_anew(path):
    app = opened()
    assert chosen(app, "history_undo_choose").value == 2
    assert "移除 0 行，恢复 1 行" in texts(app)
    assert app.button(key="undo").disabled
    app.text_input(key="undo_reason_2").set_value("名称录错")
    app.checkbox(key="undo_sure_2").check().run()
    press(app, "undo")
    assert first_name(path) != "改错的名字"
    assert "变动 2 已撤销" in texts(app)
    table = listed(app)
    assert table[TEXT("column_kind_of_change")].iloc[0] == TEXT("change_undoes", change=2)
    assert table[TEXT("column_change_reason")].iloc[0] == "名称录错"
    assert chosen(app, "history_undo_choose").value == 3, "the last one is proposed"
    assert app.button(key="undo").disabled, "the tick was for another change"
    chosen(app, "history_undo_choose").set_value(2).run()
    assert "已由变动 3 撤销" in texts(app)
    assert "undo" not in [button.key for button in app.button]


def test_undoing_an_adoption_says_before_and_after_that_its_scenario_is_open_again(path):
    context = open_context(path)
    add_scenario(context, "甲", [SetMajor("P3", is_major=False)])
    adopt_scenario(context, "甲")
    app = opened()
    assert chosen(app, "history_undo_choose").value == 3
    assert TEXT("undo_open", name="甲") in texts(app)
    app.checkbox(key="undo_sure_3").check().run()
    press(app, "undo")
    assert TEXT("undo_open", name="甲") in texts(app)
    assert scenario_named(open_context(path), "甲").adopted_at is None


def test_what_stands_in_the_way_of_an_undoing_is_said_and_no_button_offered(path):
    workspace = GeoPackageWorkspace(path)
    rename(workspace, "又改", "2025-01-03T00:00:00+00:00")
    app = opened()
    chosen(app, "history_undo_choose").set_value(2).run()
    assert "之后又有变动 3" in texts(app)
    assert "undo" not in [button.key for button in app.button]


def test_a_backup_is_made_beside_listed_and_restored_with_both_heads_said(path):
    before = len(backups(path))
    app = press(opened(), "backup")
    (newest,) = backups(path)[before:]
    assert newest.path.name in texts(app).replace("\\", "")
    names = next(f.value for f in app.dataframe if TEXT("column_backup_name") in f.value.columns)
    assert names[TEXT("column_backup_name")].iloc[0] == newest.path.name
    head = GeoPackageWorkspace(path).head()
    rename(GeoPackageWorkspace(path), "备份之后", "2025-01-04T00:00:00+00:00")
    later = GeoPackageWorkspace(path).head()
    app.run()
    chosen(app, "history_restore_choose").set_value(newest.path.name).run()
    assert TEXT("restore_would", later=1) in texts(app).replace("\\", "")
    assert app.button(key="restore").disabled
    app.text_input(key=f"restore_reason_{newest.path.name}").set_value("误改")
    app.checkbox(key=f"restore_sure_{newest.path.name}").check().run()
    press(app, "restore")
    assert first_name(path) == "改错的名字"
    said = texts(app)
    assert head in said
    assert later in said
    top = listed(app).iloc[0]
    assert top[TEXT("column_kind_of_change")] == TEXT("change_kind_restore")
    assert top[TEXT("column_change_reason")].startswith("误改")


def test_the_oldest_backup_can_be_restored_though_another_is_made_first(path, monkeypatch):
    monkeypatch.setattr(backup, "KEPT", 1)
    app = press(opened(), "backup")
    (oldest,) = backups(path)
    rename(GeoPackageWorkspace(path), "备份之后", f"{oldest.made_at}+00:00")
    app.run()
    app.checkbox(key=f"restore_sure_{oldest.path.name}").check().run()
    press(app, "restore")
    assert first_name(path) == "改错的名字"
    assert oldest.path.is_file()


def test_a_backup_that_is_no_workspace_is_named_and_offers_no_button(path):
    folder = backup.backup_folder(path)
    folder.mkdir(exist_ok=True)
    (folder / "2099-01-01T00_00_00.gpkg").write_bytes(b"no workspace")
    app = opened()
    assert chosen(app, "history_restore_choose").value == "2099-01-01T00_00_00.gpkg"
    assert len(app.error) == 1
    assert "restore" not in [button.key for button in app.button]


def test_a_unit_sees_nothing_of_it_but_a_sentence(path):
    app = opened()
    units = GeoPackageWorkspace(path).read("units")["unit_id"]
    app.selectbox(key="viewer_w.gpkg").set_value(units.iloc[0]).run()
    assert not app.exception
    assert not any(DID in frame.value.columns for frame in app.dataframe)
    assert not {"undo", "backup", "restore"} & {button.key for button in app.button}
    assert "名称录错" not in texts(app)
    assert any("全市" in error.value or "市" in error.value for error in app.error)


# --- what was changed without the product --------------------------------------------------------


def change_outside(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE muplan_changes SET actor = '别人' WHERE change = 1")


def banners(app):
    return [error.value for error in app.error if "以外的程序改动" in error.value]


@pytest.mark.parametrize("page", ["overview", "projects", "checks", "data", "about", "map"])
def test_every_page_says_above_all_that_the_ledger_was_changed_outside(path, page):
    app = opened(page)
    assert banners(app) == []
    change_outside(path)
    app.run()
    assert len(banners(app)) == 1
    assert "变动 1 的记录被改动" in banners(app)[0]


def test_the_ledger_is_looked_at_once_for_each_state_of_the_file(path, monkeypatch):
    looked = []
    examine = GeoPackageWorkspace.outside_changes

    def counted(self):
        looked.append(self.path)
        return examine(self)

    monkeypatch.setattr(GeoPackageWorkspace, "outside_changes", counted)
    app = opened("policy")
    app.run()
    app.switch_page("views/about.py").run()
    assert len(looked) == 1
    change_outside(path)
    app.run()
    app.run()
    assert len(looked) == 2
