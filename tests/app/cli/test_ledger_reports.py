"""Dashboards, notices, rankings and maps of action of the ledger, by the command and as files."""

import pytest
from docx import Document
from openpyxl import load_workbook

from app.messages import catalogue

TEXT = catalogue("zh").text


@pytest.fixture(scope="module")
def head(asked):
    return asked("project list").json["manifest"]["ledger_head"]


@pytest.fixture
def asked_for(asked):
    def ask(period, *options):
        return asked("project dashboard", "--period", period, *options).json["dashboard"]

    return ask


def tables(path):
    return [
        [[cell.text for cell in row.cells] for row in t.rows] for t in Document(str(path)).tables
    ]


def test_every_figure_of_the_dashboard_opens_to_its_projects(asked, asked_for):
    found = asked_for("2025Q3")
    assert (found["first"], found["last"], found["as_at"]) == (
        "2025-07-01", "2025-09-30", "2025-09-30",
    )  # fmt: skip
    unit_of = {p["project_id"]: p["unit_id"] for p in asked("project list").json["projects"]}
    city, *units = found["units"]
    assert city["unit_id"] is None
    for row in units:
        for name, figure in row["figures"].items():
            ids = figure["project_ids"]
            assert {unit_of[one] for one in ids} <= {row["unit_id"]}
            if name != "landing_share" and figure["least"] is not None:
                assert figure["least"] == len(ids)
                assert figure["most"] == len(ids) + len(figure["open_project_ids"])
    for name in ("first_report", "listed", "signed", "registered", "started"):
        of_units = [one for row in units for one in row["figures"][name]["project_ids"]]
        assert sorted(of_units) == sorted(city["figures"][name]["project_ids"])
    assert any(city["figures"][name]["value"] for name in ("signed", "listed"))


def test_the_figures_of_months_add_up_to_those_of_the_quarter(asked_for):
    def of_city(period):
        figures = asked_for(period)["units"][0]["figures"]
        return {name: figures[name]["value"] for name in ("first_report", "listed", "signed")}

    months = [of_city(f"2025-0{month}") for month in (7, 8, 9)]
    whole = of_city("2025Q3")
    assert {name: sum(one[name] for one in months) for name in whole} == whole


def test_one_unit_alone_has_the_row_it_has_among_all(asked_for, refused, small_demo):
    whole = asked_for("2025")["units"]
    wanted = whole[1]["unit_id"]
    assert asked_for("2025", "--unit", wanted)["units"] == [whole[1]]
    assert "nowhere" in refused("project", "dashboard", small_demo, "--period", "2025", "--unit",
                                "nowhere")  # fmt: skip


def test_the_spreadsheet_has_the_annexs_two_rows_of_head_and_every_project(
    muplan, asked_for, head, small_demo, tmp_path
):
    path = tmp_path / "d.xlsx"
    ran = muplan("project", "dashboard", small_demo, "--period", "2025Q3", "--out", path)
    assert ran.code == 0
    book = load_workbook(path)
    annex, _notes, _tasks, behind, sources = book.worksheets
    merged = {str(one) for one in annex.merged_cells.ranges}
    assert merged == {"C1:H1", "I1:N1"}
    assert annex["C1"].value == TEXT("dashboard_group_tasks")
    assert [annex.cell(2, at).value for at in (1, 2, 3)] == [
        TEXT("figure_number"), TEXT("figure_region"), TEXT("figure_city_level"),
    ]  # fmt: skip
    units = asked_for("2025Q3")["units"]
    assert annex.max_row == 2 + len(units)
    assert annex["B3"].value == TEXT("whole_city")
    signed = [row["figures"]["signed"]["value"] for row in units]
    assert [annex.cell(3 + at, 11).value for at in range(len(units))] == signed
    rates = [row["figures"]["landing_share"]["value"] for row in units]
    shown = [annex.cell(3 + at, 7).value for at in range(len(units))]
    for cell, rate in zip(shown, rates, strict=True):
        assert cell == (TEXT("no_value") if rate is None else pytest.approx(rate))
    assert annex["H3"].number_format == "0.0%"
    listed = sum(
        len(figure["project_ids"]) + len(figure["open_project_ids"])
        for row in units
        for figure in row["figures"].values()
    )
    assert behind.max_row == 1 + listed
    assert head in [cell.value for row in sources for cell in row]


def test_a_landing_rate_that_cannot_be_told_is_written_as_such(asked_for):
    rates = {
        row["figures"]["landing_share"]["value"]
        for period in ("2024-01", "2025Q3")
        for row in asked_for(period)["units"]
    }
    assert None in rates


def test_the_document_has_the_annexs_merged_head(muplan, small_demo, tmp_path):
    path = tmp_path / "d.docx"
    assert muplan("project", "dashboard", small_demo, "--period", "2025", "--out", path).code == 0
    annex = tables(path)[0]
    assert annex[0][2:8] == [TEXT("dashboard_group_tasks")] * 6
    assert annex[0][8:] == [TEXT("dashboard_group_period")] * 6
    assert annex[0][1] == annex[1][1] == TEXT("figure_region")
    assert annex[2][1] == TEXT("whole_city")


def report(muplan, small_demo, tmp_path, kind, *options):
    path = tmp_path / f"{kind}.docx"
    ran = muplan("report", small_demo, "--kind", kind, *options, "--out", path)
    assert ran.code == 0, ran.err
    return path


def test_the_notice_counts_what_it_lists(muplan, asked_for, head, small_demo, tmp_path):
    found = tables(report(muplan, small_demo, tmp_path, "ledger", "--period", "2025-09"))
    counts, moved = found[0], found[1]
    city = asked_for("2025-09")["units"][0]["figures"]
    names = ("first_report", "listed", "signed", "registered", "started")
    assert [float(cell) for cell in counts[1][1:6]] == [city[name]["value"] for name in names]
    assert len(moved) - 1 == sum(city[name]["value"] for name in names)
    assert all("2025-09-01" <= row[0] <= "2025-09-30" for row in moved[1:])
    # The pack of Jiaxing has no rule on entries that grow old, and no node is planned.
    assert counts[1][7:9] == [TEXT("no_value")] * 2
    assert head in [cell for row in found[-1] for cell in row]


def test_a_node_overdue_at_the_end_of_the_month_is_late_in_it_and_not_before(
    muplan, small_demo, tmp_path
):
    import shutil

    held = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, held)
    common = ("--project", "X-1", "--unit", "330481", "--actor", "张三")
    added = muplan("project", "add", held, *common, "--name", "试验", "--on", "2025-08-01")
    planned = muplan("project", "event", held, *common, "--kind", "node_planned", "--on",
                     "2025-08-02", "--node", "signed", "--planned-on", "2025-08-31")  # fmt: skip
    assert (added.code, planned.code) == (0, 0)

    def late(period):
        path = report(muplan, held, tmp_path, "ledger", "--period", period)
        return [row[7] for row in tables(path)[0][1:] if row[0] == TEXT("whole_city")]

    # Due on 31 August: not late on that day, late on 30 September.
    assert (late("2025-08"), late("2025-09")) == (["0"], ["1"])


def test_the_ranking_names_the_first_and_the_last(muplan, head, small_demo, tmp_path):
    path = report(muplan, small_demo, tmp_path, "ranking", "--period", "2025Q3")
    rows = muplan("project", "ranking", small_demo, "--period", "2025Q3", "--json").json["ranking"]
    said = " ".join(p.text for p in Document(str(path)).paragraphs)
    for key, code in (("is_first", "ledger_first"), ("is_last", "ledger_last")):
        names = [row["unit_name"] for row in rows if row[key]]
        assert names
        assert TEXT(code, units=catalogue("zh").joined(names)) in said
    assert head in [cell for table in tables(path) for row in table for cell in row]


def test_a_map_of_action_holds_a_map_or_says_that_there_is_no_land(
    muplan, asked, head, small_demo, tmp_path
):
    ids = [one["project_id"] for one in asked("project list").json["projects"]]
    pages = {
        one: muplan("project", "show", small_demo, "--project", one, "--json").json["project"]
        for one in ids[:12]
    }
    placed = next(one for one, page in pages.items() if page["site"]["area_mu"] is not None)
    bare = next(one for one, page in pages.items() if page["site"]["area_mu"] is None)
    path = report(muplan, small_demo, tmp_path, "project", "--project", f"{placed},{bare}")
    held = Document(str(path))
    left, right = ([row.cells[at] for t in held.tables for row in t.rows] for at in (0, 1))
    assert len(held.part.package.image_parts) == 1
    assert TEXT("project_page_no_land") in left[1].text
    assert sum(head in p.text for p in held.paragraphs) == 2
    nodes = right[0].tables[1]
    assert [row.cells[2].text for row in nodes.rows[1:]] == [
        one["done_on"] or "–" for one in pages[placed]["nodes"]
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("ledger",), "--period"),
        (("ranking",), "--period"),
        (("ledger", "--period", "2025-13"), "2025-13"),
        (("ranking", "--period", "2025Q5"), "2025Q5"),
        (("ledger", "--period", "2025-06", "--project", "x"), "--project"),
        (("project",), "--project"),
        (("project", "--project", "nowhere"), "nowhere"),
        (("project", "--project", "x", "--period", "2025"), "--period"),
        (("land", "--period", "2025"), "--period"),
    ],
)
def test_what_a_report_lacks_or_has_too_much_is_one_sentence(
    options, said, refused, small_demo, tmp_path
):
    out = tmp_path / "r.docx"
    assert said in refused("report", small_demo, "--kind", *options, "--out", out)
    assert not out.exists()
    bad = ("project", "dashboard", small_demo, "--period", "2025-9")
    assert "2025-9" in refused(*bad)
