"""Reports as documents by the command, and lists as documents by --out."""

import re

import pytest
from docx import Document

from app.answers.reports import KINDS
from app.messages import catalogue

TEXT = catalogue("zh").text


@pytest.fixture(scope="module")
def reported(small_demo, tmp_path_factory):
    """Write each report once: ``reported("check")``."""
    from app.cli.main import answer

    folder, held = tmp_path_factory.mktemp("reports"), {}

    def report(kind, *options):
        if kind not in held:
            path = folder / f"{kind}.docx"
            arguments = ["report", str(small_demo), "--kind", kind, "--out", str(path), *options]
            assert answer(arguments) == 0
            held[kind] = Document(path)
        return held[kind]

    return report


def heads(document):
    return [p.text for p in document.paragraphs if p.style.name == "Heading 1"]


def tables(document):
    return [[[cell.text for cell in row.cells] for row in t.rows] for t in document.tables]


def asking(verdict):
    """Whether a verdict still asks somebody for something."""
    over = verdict["is_past_target"] and verdict["force"] == "target"
    return verdict["in_force"] and not over and verdict["outcome"] in ("not_met", "no_data")


def test_a_check_report_leads_with_what_to_do_by_force_and_counts_the_rest_by_rule(reported, asked):
    document, verdicts = reported("check"), asked("check").json["verdicts"]
    of_force = {
        force: [v for v in verdicts if v["force"] == force]
        for force in ("mandatory", "principle", "target", "guidance")
    }
    assert sum(map(len, of_force.values())) == len(verdicts)
    titles = [TEXT(f"force_head_{force}") for force in of_force]
    assert [head for head in heads(document) if head in titles] == titles
    found = iter(tables(document))
    for force, mine in of_force.items():
        missed = [v["rule_id"] for v in mine if asking(v) and v["outcome"] == "not_met"]
        if missed:
            table = next(found)[1:]
            assert sorted(row[1] for row in table) == sorted(missed)
            assert {row[0][0] for row in table} <= ({"✖"} if force == "mandatory" else {"▲", "◆"})
    lacking = next(found)[1:]
    assert {row[0] for row in lacking} == {
        v["rule_id"] for v in verdicts if asking(v) and v["outcome"] == "no_data"
    }
    rest = [v["rule_id"] for v in verdicts if not asking(v)]
    counted = next(found)[1:]
    assert {row[0] for row in counted} == set(rest)
    numbers = [int(n) for row in counted for n in re.findall(r" (\d+)", row[2])]
    assert sum(numbers) == len(rest)
    said = [p.text for p in document.paragraphs if p.text.startswith(TEXT("force_mandatory"))]
    to_do = sum(asking(v) and v["outcome"] == "not_met" for v in of_force["mandatory"])
    assert any(f"要办的 {to_do} 条" in line for line in said)
    assert len(document.inline_shapes) == 1
    assert any(p.text.startswith("S15") for p in document.paragraphs)


def test_a_check_report_says_what_was_checked_and_whom_to_ask(reported):
    assert TEXT("report_missing") in heads(reported("check"))
    found = tables(reported("check"))
    lacking = next(t for t in found if TEXT("column_ask") in t[0])
    ask = lacking[0].index(TEXT("column_ask"))
    assert all(row[ask] for row in lacking[1:])
    checked = found[-2]
    assert {"永久基本农田", "生态保护红线", "城镇开发边界"} <= {row[0] for row in checked[1:]}


def test_a_land_report_holds_the_list_the_short_list_the_curve_and_a_map(reported, asked):
    document, blocks = reported("land"), asked("blocks", "--curve").json
    found = tables(document)
    assert [row[0] for row in found[0][1:-1]] == [b["block_id"] for b in blocks["blocks"]]
    assert len(found[3]) - 1 == len(blocks["curve"])
    assert len(document.inline_shapes) == 1
    assert "演示数据" in document.sections[0].header.paragraphs[0].text


def test_a_match_report_lists_every_site_under_its_standing(reported, asked):
    projects = asked("project list").json["projects"]
    project = projects[0]["project_id"]
    document = reported("match", "--project", project)
    result = asked("match", "--project", project, "--top", 1000).json
    for standing, key in (("admitted", "sites"), ("undecided", "undecided"),
                          ("rejected", "rejected")):  # fmt: skip
        name = TEXT("report_sites", standing=TEXT(f"standing_{standing}"), count=len(result[key]))
        assert name in heads(document)
    assert len(document.inline_shapes) == 1


@pytest.mark.parametrize("kind", ["leger", "chek"])
def test_a_report_that_is_not_there_is_refused_with_those_that_are(
    kind, refused, small_demo, tmp_path
):
    sentence = refused("report", small_demo, "--kind", kind, "--out", tmp_path / "r.docx")
    assert kind in sentence
    assert all(known in sentence for known in KINDS)


def test_a_project_belongs_to_a_match_report_and_to_no_other(refused, small_demo, tmp_path):
    out = ("--out", tmp_path / "r.docx")
    assert "--project" in refused("report", small_demo, "--kind", "match", *out)
    assert "--project" in refused("report", small_demo, "--kind", "land", "--project", "x", *out)
    assert list(tmp_path.iterdir()) == []


def test_a_report_in_another_format_is_refused_before_the_work(refused, small_demo, tmp_path):
    sentence = refused("report", small_demo, "--kind", "land", "--out", tmp_path / "r.xlsx")
    assert ".docx" in sentence


@pytest.mark.parametrize(
    "command", [("shares", "--year", "2025"), ("indicators", "--by", "unit", "--period", "2024")]
)
def test_lists_leave_as_documents_by_their_ending(command, muplan, small_demo, tmp_path):
    path = tmp_path / "清单.docx"
    assert muplan(command[0], small_demo, *command[1:], "--out", path).code == 0
    found = tables(Document(path))
    assert len(found[0]) > 1
    assert any("2025-10-31" in row for row in found[-1])
