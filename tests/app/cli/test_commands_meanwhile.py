"""Commands when the file was changed by others: row versions, and what was changed outside."""

import csv
import shutil
import sqlite3
from contextlib import closing

import docx
import openpyxl
import pandas as pd
import pytest

from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.protocol import Provenance
from layers.workspace.row_marks import row_versions

AT = "2025-10-31T08:00:00+00:00"
UNIT = "330402"


@pytest.fixture
def demo(small_demo, tmp_path):
    return shutil.copyfile(small_demo, tmp_path / "demo.gpkg")


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def first_facility(demo):
    return GeoPackageWorkspace(demo).read("facilities").iloc[:1]


def rename(demo, name):
    workspace = GeoPackageWorkspace(demo)
    with workspace.edit("他人", AT) as edit:
        edit.update("facilities", first_facility(demo).assign(name=name), Provenance("t", AT))


def edited(path, column, value):
    rows = pd.read_csv(path, dtype="str", encoding="utf-8-sig")
    rows.loc[0, column] = value
    rows.to_csv(path, index=False)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".shp.zip", ".gpkg"])
def test_an_export_knows_its_rows_and_its_update_is_refused_once_one_was_changed(
    muplan, refused, demo, tmp_path, ending
):
    out = tmp_path / f"设施{ending}"
    assert muplan("export", demo, "facilities", "--out", out).code == 0
    update = ("import", demo, out, "--layer", "facilities", "--mode", "update")
    note = muplan(*update, "--json").json["detected"][-1]
    assert (note["code"], note["count"]) == ("row_versions_alike", 82)
    stored = GeoPackageWorkspace(demo).read("facilities")
    assert not any("version" in name or "版本" in name for name in stored.columns)
    before = str(first_facility(demo)["name"].iloc[0])
    rename(demo, "他人改的")
    changes = len(GeoPackageWorkspace(demo).changes())
    said = refused(*update)
    assert "“他人改的”" in said
    assert f"“{before}”" in said
    assert "行版本" not in said
    assert len(GeoPackageWorkspace(demo).changes()) == changes


def test_the_heading_is_chinese_and_what_the_file_says_is_named_too(
    muplan, refused, demo, tmp_path
):
    out = tmp_path / "设施.csv"
    muplan("export", demo, "facilities", "--out", out)
    rows = table(out)
    assert [row["行版本"] for row in rows] == row_versions(
        GeoPackageWorkspace(demo).read("facilities")
    )
    edited(out, next(name for name in rows[0] if name == "名称"), "我改的")
    rename(demo, "他人改的")
    said = refused("import", demo, out, "--layer", "facilities", "--mode", "update")
    assert "“他人改的”" in said
    assert "“我改的”" in said


def test_a_unit_gets_no_versions_and_neither_do_entries_that_are_never_updated(
    muplan, demo, tmp_path
):
    for name, options in (("facilities", ("--viewer", UNIT)), ("project_events", ())):
        out = tmp_path / f"{name}.csv"
        assert muplan("export", demo, name, "--out", out, *options).code == 0
        assert "行版本" not in table(out)[0]


def test_a_check_a_ledger_report_and_an_export_say_what_was_changed_outside(muplan, demo, tmp_path):
    whole = muplan("check", demo, "--rule", "A1", "--json").json["manifest"]
    assert "warnings" not in whole
    assert len(whole["ledger_head"]) == 64
    with closing(sqlite3.connect(demo)) as connection, connection:
        connection.execute("UPDATE projects SET stage = 'started' WHERE project_id = 'xm-0001'")
    warned = muplan("check", demo, "--rule", "A1", "--json").json["manifest"]["warnings"]
    assert len(warned) == 1
    assert "xm-0001" in warned[0]
    assert "xm-0001" in muplan("check", demo, "--rule", "A1").out
    head = GeoPackageWorkspace(demo).head()
    sheet, paper = tmp_path / "c.xlsx", tmp_path / "r.docx"
    muplan("check", demo, "--rule", "A1", "--out", sheet)
    manifest = dict(openpyxl.load_workbook(sheet).worksheets[-1].iter_rows(values_only=True))
    assert warned[0] in manifest["注意"]
    assert manifest["台账链尾校验值"] == head
    report = ("report", demo, "--kind", "ledger", "--period", "2025", "--out", paper)
    assert muplan(*report).code == 0
    document = docx.Document(str(paper))
    printed = "\n".join(
        [*(p.text for p in document.paragraphs),
         *(cell.text for part in document.tables for row in part.rows for cell in row.cells)]
    )  # fmt: skip
    assert warned[0] in printed
    assert head in printed
