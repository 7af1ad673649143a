import shutil

import pytest
from pyproj import CRS

from app.answers.coverage import (
    cell_text,
    checked_on_site,
    completeness_of,
    gap_sentences,
    matrix_rows,
    matrix_sheet,
    state_coverage,
)
from app.context import open_context
from geo.errors import MuPlanError
from layers.errors import LayerError
from layers.exchange.request import DataStatement
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace


@pytest.fixture
def workspace(small_demo, tmp_path):
    path = tmp_path / "demo.gpkg"
    shutil.copy(small_demo, path)
    return path


def of_kind(context, kind):
    rows = matrix_rows(completeness_of(context).matrix())
    return {row["unit_id"]: row["status"] for row in rows if row["covered_kind"] == kind}


def without_statements(path, kind):
    workspace = GeoPackageWorkspace(path)
    rows = workspace.read("data_coverage")
    at = "2025-10-31T00:00:00+00:00"
    kept = rows[~rows["covered_kind"].eq(kind).fillna(value=False)]
    with workspace.edit("a", at) as edit:
        edit.replace("data_coverage", kept, workspace.layers()[0].sources[0])


def test_the_demonstration_is_complete_and_says_so(small_demo):
    context = open_context(small_demo)
    matrix = completeness_of(context).matrix()
    assert set(matrix["status"]) == {"covered"}
    assert gap_sentences(context, matrix) == (context.words.text("coverage_complete"),)


def test_a_sheet_has_a_row_for_each_kind_and_a_column_for_each_unit(small_demo):
    context = open_context(small_demo)
    frame = matrix_sheet(context, completeness_of(context).matrix()).frame
    assert {"永久基本农田", "生态保护红线", "城镇开发边界", "地块", "要素指标"} <= set(
        frame["subject"]
    )
    assert list(frame.columns[:3]) == ["subject", "rows", "responsible"]
    assert len(frame.columns) == 3 + 9
    assert frame["南湖区"].str.startswith("✓ 2025-").all()


def test_a_cell_shows_the_day_where_one_is_known():
    assert (cell_text("covered", "2025-06-30"), cell_text("missing", None)) == ("✓ 2025-06-30", "×")


def test_what_somebody_states_of_data_on_file_counts_at_once_and_can_be_undone(workspace):
    without_statements(workspace, "permanent_farmland")
    context = open_context(workspace)
    assert set(of_kind(context, "permanent_farmland").values()) == {"unstated"}
    said = gap_sentences(context, completeness_of(context).matrix())
    assert any("永久基本农田" in line and "确认" in line for line in said)
    statement = DataStatement(
        "2025-09-01", "资规局", "来文", ("city",), ("permanent_farmland",)
    )  # fmt: skip
    assert state_coverage(context, "constraints", statement) == 9
    again = open_context(workspace)
    assert set(of_kind(again, "permanent_farmland").values()) == {"covered"}
    # stated once more with another day: the same nine statements, renewed
    assert state_coverage(again, "constraints", DataStatement(
        "2025-10-01", "资规局", "来文", ("city",), ("permanent_farmland",)
    )) == 9  # fmt: skip
    rows = GeoPackageWorkspace(workspace).read("data_coverage")
    mine = rows[rows["covered_kind"].eq("permanent_farmland").fillna(value=False)]
    assert set(mine["data_on"]) == {"2025-10-01"}
    assert len(mine) == 9


def test_a_statement_that_cannot_be_true_changes_nothing(workspace):
    context = open_context(workspace)
    before = GeoPackageWorkspace(workspace).content_hash("data_coverage")
    with pytest.raises(LayerError) as caught:
        state_coverage(context, "constraints", DataStatement("2999-01-01", covers=("city",)))
    assert caught.value.code == "data_date_future"
    assert GeoPackageWorkspace(workspace).content_hash("data_coverage") == before


def test_of_constraints_somebody_has_to_say_which_kinds_are_meant(workspace):
    with pytest.raises(MuPlanError) as caught:
        state_coverage(
            open_context(workspace), "constraints", DataStatement("2025-09-01", covers=("city",))
        )
    assert caught.value.code == "coverage_kinds_needed"


def test_a_workspace_without_units_is_not_called_complete(tmp_path):
    create_workspace(tmp_path / "new.gpkg", CRS(4549), title="新", created_at="2025-01-01")
    context = open_context(tmp_path / "new.gpkg")
    said = gap_sentences(context, completeness_of(context).matrix())
    assert said == (context.words.text("coverage_no_units"),)


def test_a_unit_learns_of_tables_of_projects_the_rows_it_may_see_only(small_demo):
    def counted(viewer):
        context = open_context(small_demo, viewer=viewer)
        matrix = completeness_of(context).matrix()
        events = matrix[matrix["covered_layer"].eq("project_events")]
        return set(events["rows"]), len(context.source.read("project_events"))

    rows, seen = counted("330402")
    everything, _ = counted(None)
    assert rows == {seen}
    assert rows != everything


def test_the_page_of_a_project_says_what_its_land_was_checked_against(workspace):
    without_statements(workspace, "permanent_farmland")
    context = open_context(workspace)
    shape = context.source.read("land_parcels").geometry.iloc[0]
    said = checked_on_site(context, shape)
    # the shapes of farmland are on file, nobody says any more what they cover
    assert "永久基本农田 ?" in said
    assert "生态保护红线 ✓ 2025-" in said
