"""Routes of approval at the borders of every tier, raised, and in the zone with its own rules."""

from pathlib import Path

import pytest

from platforms.errors import PlanningError
from platforms.ledger.counting import ProjectLedger
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import combine_packs, parse_pack
from platforms.projects.approval import LandSupply, approval_route, land_supply_of
from tests.planning_frames import PACK_TEXT, pack_on, rows_of

FIRST = ("县长同意", "分管副县长审批")
SECOND = ("分管副县长审核", "县长办公会议审议", "县长审批")
THIRD = ("分管副县长审核", "县长办公会议审议", "县委常委会审议通过", "县长审批")
OWN = ("项目研判小组会议研判通过", "领导小组审议通过", "金磐开发区自行审批")
COUNTY = ("县委常委会审议通过", "县长审批")
ZONE = "金磐开发区"


def route(land_mu, category="industry", special=False, unit_name="某镇", policy=None):
    supply = LandSupply("p", category, land_mu, special, unit_name, unit_name)
    return approval_route(supply, policy or pack_on("panan", "2023-01-01"))


def codes(answer):
    return [one.code for one in answer.reasons]


@pytest.mark.parametrize(
    ("category", "land_mu", "steps"),
    [
        ("industry", 29.99, FIRST), ("industry", 30.0, FIRST), ("industry", 30.01, SECOND),
        ("industry", 50.0, SECOND), ("industry", 50.01, THIRD), ("industry", 0.0, FIRST),
        ("tourism", 19.99, FIRST), ("tourism", 20.0, FIRST), ("tourism", 20.01, SECOND),
        ("hotel", 30.0, SECOND), ("agriculture", 50.0, SECOND), ("health", 50.01, THIRD),
        (None, 0.0, FIRST),
    ],
)  # fmt: skip
def test_each_tier_includes_its_upper_end(category, land_mu, steps):
    answer = route(land_mu, category)
    assert (answer.outcome, answer.steps) == ("met", steps)
    assert answer.force == "mandatory"
    assert "二（五）" in answer.clause


def test_an_area_within_rounding_of_the_border_lies_on_it():
    assert route(30 * (1 + 1e-10)).steps == FIRST
    assert route(30 * (1 + 1e-8)).steps == SECOND


@pytest.mark.parametrize(
    ("land_mu", "steps", "code"),
    [(0.0, SECOND, "route_raised"), (30.0, SECOND, "route_raised"),
     (30.01, THIRD, "route_raised"), (50.01, THIRD, "route_at_top")],
)  # fmt: skip
def test_case_by_case_support_raises_one_tier_and_stops_at_the_top(land_mu, steps, code):
    answer = route(land_mu, special=True)
    assert answer.steps == steps
    assert codes(answer)[-1] == code
    assert answer.rule_ids == ("D1", "D2")
    assert answer.basis == "assumed"
    assert "S11" in answer.assumptions


def test_unsaid_support_matters_only_below_the_top():
    assert codes(route(30.0, special=None)) == ["route_policy_unsaid"]
    assert route(30.0, special=None).outcome == "no_data"
    assert route(50.01, special=None).steps == THIRD


@pytest.mark.parametrize(
    ("land_mu", "steps"), [(49.99, OWN), (50.0, OWN), (50.01, COUNTY), (0.0, FIRST)]
)
def test_the_zone_approves_itself_up_to_its_limit(land_mu, steps):
    answer = route(land_mu, unit_name=ZONE, category="industry")
    assert (answer.outcome, answer.steps) == ("met", steps)


def test_the_zone_with_case_by_case_support_goes_to_a_person():
    answer = route(40.0, special=True, unit_name=ZONE)
    assert (answer.outcome, answer.steps, answer.tier) == ("no_data", (), None)
    assert codes(answer) == ["route_rule_silent"]
    assert answer.rule_ids == ("D3", "D2")
    assert codes(route(40.0, special=None, unit_name=ZONE)) == ["route_policy_unsaid"]


@pytest.mark.parametrize(
    ("values", "code"),
    [({"land_mu": None}, "route_land_missing"),
     ({"land_mu": 40.0, "category": None}, "route_category_missing"),
     ({"land_mu": 40.0, "unit_name": None}, "route_unit_missing")],
)  # fmt: skip
def test_what_is_missing_is_named(values, code):
    answer = route(**values)
    assert (answer.outcome, codes(answer)) == ("no_data", [code])


def test_without_the_rule_there_is_no_route_and_it_is_said():
    answer = route(40.0, policy=policy_on(parse_pack(PACK_TEXT, "jiaxing"), "2025-06-30"))
    assert (answer.outcome, codes(answer), answer.force) == (
        "not_applicable", ["route_no_rule"], None,
    )  # fmt: skip


def test_a_pack_laid_over_another_brings_its_routes():
    panan = pack_on("panan").pack
    both = policy_on(combine_packs((parse_pack(PACK_TEXT, "jiaxing"), panan)), "2025-06-30")
    assert route(30.0, policy=both).steps == FIRST


def test_before_its_first_day_the_route_is_computed_and_says_so():
    assert route(30.0, policy=pack_on("panan", "2022-10-09")).force_status == "not_yet"
    assert route(30.0, policy=pack_on("panan", "2022-10-10")).force_status == "in_force"


def test_a_pack_with_other_limits_gives_other_routes():
    path = Path(__file__).resolve().parents[3] / "data" / "policy" / "panan.yaml"
    text = path.read_text(encoding="utf-8").replace("{up_to: 30, gives", "{up_to: 40, gives")
    policy = policy_on(parse_pack(text, "panan"), "2023-01-01")
    assert route(40.0, policy=policy).steps == FIRST
    assert route(40.01, policy=policy).steps == SECOND


UNITS = rows_of("units", [{"unit_id": "Z", "name": ZONE}, {"unit_id": "T", "name": "某镇"}])


def supply(projects, project_id="b", events=()):
    rows = [{"category": "industry", "unit_id": "T", "is_special_policy": False, **p}
            for p in projects]  # fmt: skip
    ledger = ProjectLedger(
        rows_of("projects", rows), rows_of("project_events", events), "2025-06-30"
    )
    return land_supply_of(ledger, UNITS, project_id)


@pytest.mark.parametrize(
    ("stated", "lands", "whole_mu"),
    [(None, (20.0, 15.0), 35.0), (60.0, (20.0, 15.0), 60.0), (35.0, (20.0, 15.0), 35.0),
     # a whole is no smaller than its parts: what is, is a phase itself
     (34.0, (20.0, 15.0), 69.0),
     # one phase alone would be none: the project that it names is the other one
     (20.0, (15.0,), 35.0),
     (60.0, (20.0, None), 60.0), (None, (20.0, None), None)],
)  # fmt: skip
def test_the_land_of_all_phases_counts_together(stated, lands, whole_mu):
    phases = [{"project_id": f"p{n}", "phase_of": "b", "land_ideal_mu": land}
              for n, land in enumerate(lands)]  # fmt: skip
    asked = supply([{"project_id": "b", "land_ideal_mu": stated}, *phases], "p0")
    assert asked.land_mu == whole_mu


def test_a_first_phase_that_names_itself_is_a_phase():
    rows = [{"project_id": "b", "phase_of": "b", "land_ideal_mu": 28.0},
            {"project_id": "c", "phase_of": "b", "land_ideal_mu": 25.0}]  # fmt: skip
    asked = supply(rows)
    assert asked.land_mu == 53.0
    assert approval_route(asked, pack_on("panan", "2023-01-01")).steps == THIRD


def test_without_an_ideal_the_least_land_is_taken_and_the_unit_is_named():
    asked = supply([{"project_id": "b", "land_min_mu": 12.0, "unit_id": "Z"}])
    assert (asked.land_mu, asked.unit_name) == (12.0, ZONE)


def test_one_phase_with_case_by_case_support_is_enough():
    rows = [{"project_id": "b", "land_ideal_mu": 20.0, "phase_of": "w"},
            {"project_id": "c", "land_ideal_mu": 20.0, "phase_of": "w",
             "is_special_policy": True}]  # fmt: skip
    assert supply(rows).is_special_policy is True


def test_a_project_not_on_file_is_refused_with_the_nearest():
    with pytest.raises(PlanningError, match="project_not_on_file"):
        supply([{"project_id": "b"}], "bb")


@pytest.mark.parametrize(
    "links",
    [
        {"b": "a", "c": "b"}, {"b": "c", "a": "b"}, {"a": "b", "b": "a", "c": "a"},
        {"a": "w", "b": "w", "c": "w"}, {"a": "a", "b": "a", "c": "b"},
    ],
    ids=["chain", "chain the other way", "each other", "a whole that nobody filed", "itself"],
)  # fmt: skip
@pytest.mark.parametrize("asked", ["a", "b", "c"])
def test_phases_count_together_however_they_are_linked(links, asked):
    rows = [{"project_id": name, "land_ideal_mu": 11.0, "phase_of": links.get(name)}
            for name in "abc"]  # fmt: skip
    of_phase = supply(rows, asked)
    assert of_phase.land_mu == 33.0
    assert approval_route(of_phase, pack_on("panan", "2023-01-01")).steps == SECOND


def test_a_project_counted_as_a_phase_is_said():
    rows = [{"project_id": "b", "land_ideal_mu": 20.0},
            {"project_id": "c", "land_ideal_mu": 15.0, "phase_of": "b"}]  # fmt: skip
    of_phase = supply(rows, "c")
    said = {each.code: dict(each.values) for each in of_phase.reasons}
    assert said["route_first_phase"] == {"project_id": "b"}
    assert approval_route(of_phase, pack_on("panan", "2023-01-01")).steps == SECOND


def test_the_route_is_that_of_the_unit_that_files_the_project():
    row = {"project_id": "b", "unit_id": "T", "land_ideal_mu": 40.0}
    filed = {"event_id": "e", "project_id": "b", "event_kind": "first_report", "unit_id": "Z",
             "event_on": "2023-01-10", "entry_seq": 1}  # fmt: skip
    policy = pack_on("panan", "2023-06-01")
    assert approval_route(supply([row]), policy).steps == SECOND
    assert approval_route(supply([row], events=[filed]), policy).steps == OWN


@pytest.mark.parametrize(
    "name", ["金磐开发区", "金磐扶贫经济开发区", " 金磐开发区 （管委会）", "磐安县金磐开发区"]
)
def test_the_zone_is_known_by_all_its_names(name):
    assert route(40.0, unit_name=name).steps == OWN
