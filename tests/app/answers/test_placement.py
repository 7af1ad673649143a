"""Many projects matched in one run, and the undecided sites of those that stay out."""

import numpy as np
import pytest

from app.answers.matching import SHOWN_UNDECIDED, Matching, run_match
from app.answers.placement import PLACED_OR_OVER, demands_asked, place_matched, placement_answer
from app.context import open_context
from platforms.placement.place import Wishes

EVERY = 9
"""Each so many-th project is matched alone too: all of them would take a minute."""


@pytest.fixture(scope="module")
def demo(small_demo):
    return open_context(small_demo)


@pytest.fixture(scope="module")
def read(demo):
    return demands_asked(demo, "all")


@pytest.fixture(scope="module")
def matched(demo, read):
    heard = []
    found = Matching(demo, read[0]).whole(heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)
    assert len(heard) > len(read[0])
    return found


@pytest.fixture(scope="module")
def answer(demo, read, matched):
    wishes = Wishes(deadline_s=600.0)
    found = place_matched(demo, matched, wishes)
    return placement_answer(demo, found, read[1], wishes, "all", matched.results)


def by_themselves(matches):
    """Without the pieces that are there only where projects share a block."""
    return [one for one in matches if not one.site.is_further_cut]


def listed(matches):
    return [(one.site.site_id, one.site.parcel_ids) for one in matches]


def said(match):
    """Its reasons; areas summed in another order differ in the last digits."""
    return [
        (gate.gate, gate.outcome, gate.force, gate.clause, gate.statement.code,
         {name: float(f"{value:.9g}") if isinstance(value, float) else value
          for name, value in gate.statement.values.items()})
        for gate in match.reasons
    ]  # fmt: skip


def scored(matches):
    return [np.nan if one.score is None else one.score.low for one in matches]


def test_a_project_matched_with_others_is_given_the_sites_and_scores_it_has_alone(demo, matched):
    for result in matched.results[::EVERY]:
        alone = run_match(demo, result.demand, demo.match_table())
        for mine, theirs in zip(
            map(by_themselves, (result.sites, result.undecided, result.rejected)),
            map(by_themselves, (alone.sites, alone.undecided, alone.rejected)),
            strict=True,
        ):
            assert listed(mine) == listed(theirs)
            assert scored(mine) == pytest.approx(scored(theirs), rel=1e-9, nan_ok=True)
            assert [said(one) for one in mine] == [said(one) for one in theirs]


def test_projects_that_are_over_are_not_placed(demo, read):
    stages = demo.source.read("projects").set_index("project_id")["stage"]
    asked = {*(one.project_id for one in read[0]), *read[1]}
    assert asked == set(stages.index[~stages.isin(PLACED_OR_OVER)])
    assert "ended" in set(stages)


def test_the_end_of_a_run_between_projects_stops_it(demo, read):
    heard = []

    def tell(share):
        heard.append(share)
        if len(heard) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Matching(demo, read[0]).whole(tell)
    assert len(heard) == 3


def test_a_project_with_undecided_sites_alone_says_which_and_what_is_missing(matched, answer):
    results = {one.demand.project_id: one for one in matched.results}
    some = 0
    for row in answer.result["unplaced"]:
        result = results.get(row["project_id"])
        wanted = [] if result is None or len(result.sites) else result.undecided[:SHOWN_UNDECIDED]
        assert [one["site_id"] for one in row["undecided"]] == [one.site.site_id for one in wanted]
        for named, one in zip(row["undecided"], wanted, strict=True):
            assert len(named["missing"]) == len(one.reasons) > 0
            assert named["area_mu"] == one.site.area_mu
        some += len(wanted)
    assert some > 0


def test_the_sheets_name_projects_and_hold_what_the_result_holds(answer):
    by_name = {sheet.name: sheet.frame for sheet in answer.sheets}
    undecided = by_name["待核实选址"]
    assert len(undecided) == sum(len(row["undecided"]) for row in answer.result["unplaced"])
    assert undecided["missing"].str.len().min() > 0
    assert len(by_name["统筹选址"]) == len(answer.result["assignments"])
    assert by_name["统筹选址"]["project_name"].notna().all()
    assert len(by_name["占比前后"]) == len(answer.result["shares"])


def test_what_is_proven_is_said_of_the_candidates_and_not_of_all_the_land(demo, matched, answer):
    over = answer.result["proven_over"]
    admitted = [result.sites for result in matched.results]
    assert over["candidates"] == sum(map(len, admitted))
    assert over["per_project"] == max(map(len, admitted))
    sites = {
        one.site.geometry.wkb: one.site.carved is not None for some in admitted for one in some
    }
    assert (over["sites"], over["carved_sites"]) == (len(sites), sum(sites.values()))
    assert over["bounded"] is (over["carved_sites"] > 0)
    assert answer.result["is_count_proven"]
    said = demo.words.text(
        "summary_place_proven_bounded" if over["bounded"] else "summary_place_proven", **over
    )
    assert said in answer.summary
    assert str(over["candidates"]) in said


def test_land_given_is_told_by_its_legal_area_and_what_is_left_of_cut_parcels_is_listed(answer):
    cut = {
        name.removesuffix("#cut") for row in answer.result["assignments"]
        for name in row["parcel_ids"] if name.endswith("#cut")
    }  # fmt: skip
    named = {row["parcel_id"] for row in answer.result["leftovers"]}
    assert named <= cut
    assert named
    by_name = {sheet.name: sheet.frame for sheet in answer.sheets}
    assert list(by_name["切分剩余"]["parcel_id"]) == sorted(named)
    for row in answer.result["assignments"]:
        assert row["legal_mu"] == pytest.approx(row["area_mu"], rel=2e-3)
        assert row["points"] == row["score"] - (5.0 if row["further_cut"] else 0.0)
