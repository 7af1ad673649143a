"""``muplan chains`` on the demonstration."""

import openpyxl
import pytest


def test_every_link_says_whether_it_is_there(asked):
    answer = asked("chains").json
    assert answer["basis"] == "assumed"
    links = [link for chain in answer["chains"] for link in chain["links"]]
    assert {link["outcome"] for link in links} >= {"met", "not_met"}
    for link in links:
        assert (link["firm_count"] is None) == (link["outcome"] == "no_data")
        assert bool(link["enterprise_ids"]) == (link["outcome"] == "met")
        assert sum(held["firm_count"] for held in link["units"].values()) == (
            link["firm_count"] or 0
        )
        assert link["industries"]


def test_the_list_is_written_with_platforms_units_and_firms_without_code(
    muplan, small_demo, tmp_path
):
    path = tmp_path / "chains.xlsx"
    assert muplan("chains", small_demo, "--out", path).code == 0
    sheets = " ".join(openpyxl.load_workbook(path).sheetnames)
    assert all(name in sheets for name in ("产业链环节", "环节所在平台", "环节所在单位"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_the_screen_it_says_what_it_rests_on(muplan, small_demo, language):
    shown = muplan("chains", small_demo, "--lang", language)
    assert shown.code == 0
    assert "chains.yaml" in shown.out


def test_a_year_that_cannot_be_is_refused(refused, small_demo):
    assert "1990" in refused("chains", small_demo, "--year", "1")
