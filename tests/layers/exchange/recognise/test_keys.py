"""Lists that join to rows by their key, or by another column of the vocabulary."""

import pandas as pd
import pytest
from pyproj import CRS

from layers.errors import LayerError
from layers.exchange.importing import run_import
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

PROJECTS = pd.DataFrame(
    {"project_id": ["X1", "X2", "X3"], "name": ["甲项目", "乙项目", "丙项目"],
     "project_code": ["2025-01", "2025-02", "2025-02"]}
)  # fmt: skip


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    PROJECTS.to_csv(tmp_path / "p.csv", index=False)
    held = GeoPackageWorkspace(made.path)
    run_import(held, ImportRequest(tmp_path / "p.csv", "projects"), "me", "2025-01-01")
    return held


def update(workspace, text, **options):
    path = workspace.path.parent / "list.csv"
    path.write_text(text, encoding="utf-8")
    request = ImportRequest(path, "projects", **{"mode": "update", **options})
    return run_import(workspace, request, "me", "2025-01-02")


def noted(result):
    return {note.code: dict(note.values) for note in result.detected}


def test_attributes_join_by_the_key(workspace):
    result = update(workspace, "项目编号,产品\nX2,电池\nX9,无\n")
    stored = workspace.read("projects").set_index("project_id")
    assert stored.loc["X2", "src_产品" if "src_产品" in stored else "product"] == "电池"
    assert [(fault.code, fault.rows) for fault in result.faults] == [("key_absent", ("X9",))]


def test_attributes_join_by_another_column_and_strays_are_listed(workspace):
    result = update(
        workspace, "name,product\n 乙项目 ,电池\n丁项目,无\n,无\n", join_by="name"
    )  # fmt: skip
    stored = workspace.read("projects").set_index("project_id")
    assert stored.loc["X2", "product"] == "电池"
    assert sorted(stored["name"]) == sorted(PROJECTS["name"])
    assert noted(result)["joined_by"]["count"] == 1
    assert noted(result)["join_absent"] == {"column": "name", "count": 1, "values": "丁项目"}
    assert (result.accepted, result.quarantined) == (1, 2)


def test_a_value_that_several_rows_have_joins_none(workspace):
    result = update(
        workspace, "赋码,product\n2025-01,甲\n2025-02,乙\n", join_by="project_code",
        mapping={"赋码": "project_code"},
    )  # fmt: skip
    stored = workspace.read("projects").set_index("project_id")
    assert stored["product"].dropna().to_dict() == {"X1": "甲"}
    assert noted(result)["join_ambiguous"]["values"] == "2025-02"


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("name,product\n乙项目,1\n", {"mode": "add", "join_by": "name"}, "join_needs_update"),
        ("name,product\n乙项目,1\n", {"join_by": "nam"}, "target_unknown"),
        ("name,product\n乙项目,1\n", {"join_by": "project_code"}, "join_column_missing"),
        ("project_id,name\nX1,1\n", {"join_by": "name"}, "join_key_there"),
    ],
)
def test_joining_that_means_nothing_is_refused(workspace, text, options, code):
    with pytest.raises(LayerError) as caught:
        update(workspace, text, **options)
    assert caught.value.code == code


def test_a_table_of_several_keys_cannot_be_joined(workspace):
    path = workspace.path.parent / "list.csv"
    path.write_text("enterprise_id,tax_wan_yuan\nE1,1\n", encoding="utf-8")
    request = ImportRequest(path, "enterprise_indicators", "update", join_by="tax_wan_yuan")
    with pytest.raises(LayerError) as caught:
        run_import(workspace, request, "me", "2025-01-02")
    assert caught.value.code == "join_not_possible"
