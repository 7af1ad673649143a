"""What each command answers on the demonstration, key by key."""

import json
import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance
from platforms.checks import CHECKED_RULES
from platforms.land.block_facts import TERRAIN

AT = "2025-01-01T00:00:00"

MATCH = ("match", "--project", "xm-0003", "--top", 1000)
ENVELOPE = {"schema", "manifest"}
MANIFEST = {
    "muplan", "workspace", "workspace_sha256", "crs", "as_of", "pack", "pack_edition", "is_demo",
    "parameters",
}  # fmt: skip
BLOCK = {
    "block_id",
    "unit_id",
    "unit_name",
    "area_mu",
    "legal_mu",
    "area_basis",
    "planar_area_mu",
    "declared_area_mu",
    "net_area_mu",
    "net_largest_mu",
    "net_second_mu",
    "net_pieces_mu",
    "losses",
    "min_width_m",
    "compactness",
    "frontage_m",
    "slope_mean_pct",
    "steep_share",
    "slope_covered_share",
    "flood_depth_max_m",
    "flooded_share",
    "flood_covered_share",
    "bridge_count",
    "bridges",
    "parcel_count",
    "is_on_200_list",
    "parcel_ids",
    "by_unit",
}
SHORT = {"block_id", "unit_id", "unit_name", "area_mu", "parcel_count", "parcel_ids", "bounded_by"}
BRIDGE = {
    "parcel_id",
    "other_parcel_id",
    "gap_width_m",
    "joining_gap_m",
    "over",
    "x_m",
    "y_m",
    "decision_id",
    "decided_by",
    "reason",
}
BOUND = {"bound_kind", "bound_code", "bound_id", "bound_name", "beside_m", "text"}
CURVE = {"gap_m", "blocks_100", "area_mu_100", "blocks_200", "area_mu_200"}  # fmt: skip
SITE = {
    "rank", "site_id", "score", "low", "high", "unknown", "confidence", "platform_id", "unit_id",
    "parcel_ids", "area_mu", "legal_mu", "area_basis", "carved", "gates", "criteria",
    "effect_on_share", "reasons", "warnings", "losses", "would_be_first", "approval_route",
    "exclusivity",
}  # fmt: skip
VERDICT = {
    "rule_id", "part", "clause", "unit_id", "platform_id", "year", "outcome", "measured",
    "threshold", "gap", "unit", "force", "in_force", "force_status", "is_past_target", "basis",
    "assumptions", "reasons", "evidence",
}  # fmt: skip
SHARE = {
    "unit_id", "year", "span", "element", "pollutant", "boundary_basis", "unit", "inside", "total",
    "share", "share_low", "share_high", "threshold", "outcome", "headroom", "need_inside",
    "planned_share", "repair_share", "repair_allotment_ids", "basis_differs",
    "declared_but_outside", "allotment_ids", "project_ids", "placed_by",
}  # fmt: skip
RULE = {
    "rule_id", "part", "title", "scope", "force", "force_word", "comparator", "value", "unit",
    "where", "roles", "roles_except", "effective_from", "effective_until", "target_date", "period",
    "force_status", "basis", "assumptions", "clause", "quote",
}  # fmt: skip
PER_MU = {
    "name", "unit_id", "period", "output_wan_yuan", "output_land_mu", "output_wan_yuan_per_mu",
    "output_coverage_share", "tax_wan_yuan", "tax_land_mu", "tax_wan_yuan_per_mu",
    "tax_coverage_share", "row_count", "rank", "tax_rank", "quadrant",
}  # fmt: skip
PROJECT = {
    "project_id", "name", "unit_id", "unit_name", "stage", "category", "industry_code",
    "investment_yi_yuan", "land_min_mu", "land_ideal_mu", "started_on",
}  # fmt: skip


def same_keys(rows, keys):
    assert rows
    for row in rows:
        assert set(row) == keys


@pytest.mark.parametrize(
    ("command", "options", "keys"),
    [
        ("info", (), {"title", "crs", "as_of", "is_demo", "created_at", "layers", "rasters",
                      "completeness"}),
        ("blocks", (), {"blocks", "short_blocks", "totals", "unknown_state_count"}),
        ("blocks", ("--curve",),
         {"blocks", "short_blocks", "totals", "unknown_state_count", "curve", "knee_gap_m"}),
        ("match", MATCH[1:],
         {"project_id", "platforms", "sites", "undecided", "rejected", "weight_ranges",
          "preferred"}),
        ("check", (), {"verdicts"}),
        ("shares", ("--year", 2024), {"shares"}),
        ("indicators", ("--by", "platform", "--period", 2024), {"rows"}),
        ("indicators", ("--by", "park", "--period", 2024, "--basis", "managed"),
         {"rows", "denominators", "rank_changes", "missing"}),
        ("indicators", ("--by", "platform", "--period", 2024, "--basis", "above_scale"),
         {"rows", "denominators", "rank_changes", "land_efficiency", "missing"}),
        ("indicators", ("--by", "enterprise", "--period", 2024, "--scheme", "huangyan-2022"),
         {"rows", "grading", "missing"}),
        ("project list", (), {"projects"}),
    ],
)  # fmt: skip
def test_an_answer_is_one_json_object_with_its_keys_and_manifest(command, options, keys, asked):
    found = asked(command, *options)
    assert found.code == 0
    assert set(found.json) == ENVELOPE | keys
    assert found.json["schema"] == "muplan/1"
    head = {"ledger_head"} if command.startswith(("project", "check")) else set()
    assert set(found.json["manifest"]) == MANIFEST | head
    assert found.json["manifest"]["is_demo"] is True
    assert found.json["manifest"]["as_of"] == "2025-10-31"
    assert found.json["manifest"]["crs"] == "EPSG:4549"
    assert "NaN" not in found.out


def test_info_lists_every_layer_with_rows_and_sources(asked):
    layers = asked("info").json["layers"]
    same_keys(layers, {"name", "title", "rows", "quarantined", "sources"})
    assert {"units": 9, "major_platforms": 18}.items() <= {
        layer["name"]: layer["rows"] for layer in layers
    }.items()
    assert asked("info").json["rasters"] == ["dem", "flood_depth"]


def test_blocks_reach_the_threshold_and_their_parts_add_up(asked):
    answer = asked("blocks").json
    same_keys(answer["blocks"], BLOCK)
    for block in answer["blocks"]:
        assert block["area_mu"] >= 100
        assert block["is_on_200_list"] == (block["area_mu"] >= 200)
        assert sum(part["area_mu"] for part in block["by_unit"]) == pytest.approx(block["area_mu"])
        assert block["unit_id"] == block["by_unit"][0]["unit_id"]
        assert len({name.split("#")[0] for name in block["parcel_ids"]}) == block["parcel_count"]
    assert answer["totals"]["blocks"] == len(answer["blocks"])
    listed_mu = sum(b["area_mu"] for b in answer["blocks"])
    totals = answer["totals"]
    assert totals["area_mu"] + totals["overlap_mu"] == pytest.approx(listed_mu)
    assert totals["overlap_mu"] >= 0
    assert answer["totals"]["blocks_200"] == sum(b["is_on_200_list"] for b in answer["blocks"])


def test_blocks_say_on_what_ground_they_lie(asked):
    blocks = asked("blocks").json["blocks"]
    known = [block for block in blocks if block["slope_mean_pct"] is not None]
    assert len(known) > len(blocks) / 2
    for block in known:
        assert block["slope_mean_pct"] >= 0
        assert 0 <= block["steep_share"] <= 1
        assert 0 < block["slope_covered_share"] <= 1
        assert (block["flooded_share"] > 0) == (block["flood_depth_max_m"] > 0)
    depths = [block["flood_depth_max_m"] for block in known]
    assert min(depths) == 0 < max(depths)


def test_without_rasters_the_ground_is_not_known(small_demo, muplan, tmp_path):
    demo = GeoPackageWorkspace(Path(small_demo))
    bare = create_workspace(
        tmp_path / "bare.gpkg", demo.facts.crs, title="无栅格", created_at=AT, as_of="2025-10-31"
    )
    with bare.edit("a", AT) as edit:
        for layer in ("units", "land_parcels", "barriers"):
            edit.replace(layer, demo.read(layer), Provenance("demo", AT))
    blocks = muplan("blocks", bare.path, "--json").json["blocks"]
    assert blocks
    for block in blocks:
        assert [block[name] for name in TERRAIN] == [None] * len(TERRAIN)


def test_a_higher_threshold_lists_exactly_the_larger_blocks(asked):
    every = asked("blocks").json["blocks"]
    large = asked("blocks", "--min-mu", 200).json["blocks"]
    assert [b["block_id"] for b in large] == [b["block_id"] for b in every if b["area_mu"] >= 200]


def test_a_unit_s_list_holds_its_own_land_only(asked):
    blocks = asked("blocks", "--unit", "330482", "--min-mu", 50).json["blocks"]
    assert blocks
    assert {part["unit_id"] for block in blocks for part in block["by_unit"]} == {"330482"}


def test_net_land_is_part_of_the_ready_land(asked):
    net, ready = (asked("blocks", *options).json["totals"] for options in (("--net",), ()))
    assert 0 < net["area_mu"] < ready["area_mu"]


def test_match_ranks_sites_and_gives_every_gate_and_criterion(asked):
    answer = asked(*MATCH).json
    same_keys([*answer["sites"], *answer["rejected"]], SITE)
    for one in answer["sites"]:
        same_keys(one["gates"], {"gate", "outcome", "force", "code", "text", "clause"})
        same_keys(one["criteria"], {"criterion", "value", "score", "weight", "contribution"})
        same_keys(
            one["effect_on_share"],
            {"unit_id", "element", "pollutant", "before", "after", "outcome"},
        )
        same_keys(one["reasons"], {"code", "text"})
        binding = [gate for gate in one["gates"] if gate["force"] == "mandatory"]
        assert {gate["outcome"] for gate in binding} <= {"met", "not_applicable"}
        assert one["score"] == pytest.approx(sum(part["contribution"] for part in one["criteria"]))
        assert one["low"] == one["score"] <= one["high"]
        assert (one["low"] == one["high"]) == (one["unknown"] == [])
    assert [one["rank"] for one in answer["sites"]] == sorted(
        one["rank"] for one in answer["sites"]
    )
    scores = [one["score"] for one in answer["sites"]]
    assert scores == sorted(scores, reverse=True)
    for one in answer["rejected"]:
        assert "not_met" in {gate["outcome"] for gate in one["gates"]}
        assert one["reasons"][0]["text"]
        assert (one["rank"], one["score"]) == (None, None)


def test_match_ranks_platforms_by_their_best_site(asked):
    answer = asked(*MATCH).json
    same_keys(
        answer["platforms"],
        {"rank", "platform_id", "name", "score", "low", "high", "standing", "site_count",
         "best_site_id", "criteria"},
    )  # fmt: skip
    best = {}
    for one in (*answer["sites"], *answer["undecided"]):
        best.setdefault(one["platform_id"], one)
    assert {p["platform_id"]: p["best_site_id"] for p in answer["platforms"]} == {
        platform: one["site_id"] for platform, one in best.items() if platform is not None
    }


def test_top_shortens_the_sites_and_nothing_else(asked):
    long, short = asked(*MATCH).json, asked(*MATCH[:3], "--top", 2).json
    assert short["sites"] == long["sites"][:2]
    for key in ("platforms", "undecided", "rejected"):
        assert short[key] == long[key]


def test_undecided_sites_say_what_is_missing(asked):
    answer = asked(*MATCH).json
    same_keys(answer["undecided"], SITE | {"missing"})
    for one in answer["undecided"]:
        binding = [gate for gate in one["gates"] if gate["force"] == "mandatory"]
        unknown = [gate["gate"] for gate in binding if gate["outcome"] == "no_data"]
        assert sorted(one["missing"]) == sorted(unknown)


def test_check_gives_verdicts_with_clause_figures_and_force(asked):
    verdicts = asked("check").json["verdicts"]
    same_keys(verdicts, VERDICT)
    assert {v["rule_id"] for v in verdicts} == {rule for rule in CHECKED_RULES if rule[0] in "ABC"}
    for verdict in verdicts:
        assert verdict["clause"]
        if verdict["measured"] is None or verdict["threshold"] is None:
            assert verdict["gap"] is None
        else:
            assert verdict["gap"] == pytest.approx(verdict["measured"] - verdict["threshold"])
        if verdict["outcome"] == "no_data":
            assert verdict["measured"] is None
            assert verdict["reasons"]


def test_every_reason_and_every_row_of_a_check_is_said_in_a_sentence(asked):
    verdicts = asked("check").json["verdicts"]
    said = [one for v in verdicts for one in (*v["reasons"], *v["evidence"]) if "code" in one]
    assert said
    # a code without a sentence would be shown as it stands
    assert [one for one in said if one["text"].startswith(one["code"])] == []


def test_check_answers_for_the_rules_and_units_asked(asked):
    verdicts = asked("check", "--rule", "B1", "--unit", "330482", "--year", 2024).json["verdicts"]
    assert {(v["rule_id"], v["unit_id"]) for v in verdicts} == {("B1", "330482")}
    assert {v["year"] for v in verdicts} <= {2024, None}


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2024-03-31", "not_yet"), ("2024-04-01", "in_force"),
        ("2025-12-31", "in_force"), ("2026-01-01", "expired"),
    ],
)  # fmt: skip
def test_the_as_of_date_decides_whether_the_plan_of_2024_holds(as_of, status, asked):
    answer = asked("check", "--rule", "B1", "--year", 2024, "--as-of", as_of).json
    assert answer["manifest"]["as_of"] == as_of
    assert {v["force_status"] for v in answer["verdicts"]} == {status}
    assert {v["in_force"] for v in answer["verdicts"]} == {status == "in_force"}
    assert {v["outcome"] for v in answer["verdicts"]} >= {"met", "not_met"}


def test_an_expired_rule_is_badged_in_the_list(muplan, small_demo):
    ran = muplan("check", small_demo, "--rule", "B1", "--as-of", "2026-01-01", "--year", "2025")
    assert "已过有效期" in ran.out


@pytest.mark.parametrize(("outcome", "code"), [("not_met", 1), ("met", 1), ("not_applicable", 0)])
def test_fail_on_leaves_with_1_where_the_outcome_occurs(outcome, code, asked):
    found = asked("check", "--rule", "A1", "--fail-on", outcome)
    assert found.code == code
    assert any(v["outcome"] == outcome for v in found.json["verdicts"]) == (code == 1)


def test_shares_are_inside_over_total_and_judged_at_seventy_percent(asked):
    rows = asked("shares", "--year", 2024).json["shares"]
    same_keys(rows, SHARE)
    assert {row["element"] for row in rows} == {"land", "energy", "emission", "projects"}
    assert {row["boundary_basis"] for row in rows} == {"in_use", "approved"}
    known = [row for row in rows if row["share"] is not None]
    assert known
    for row in known:
        assert row["share"] == pytest.approx(row["inside"] / row["total"])
        if abs(row["share"] - 0.7) > 1e-6:
            assert row["outcome"] == ("met" if row["share"] > 0.7 else "not_met")


def test_further_allotments_change_the_share_of_their_unit_only(
    asked, tmp_path, muplan, small_demo
):
    before = asked("shares", "--year", 2025).json["shares"]
    unit = next(row for row in before if row["element"] == "land" and row["span"] == "year")
    plan = tmp_path / "plan.geojson"
    # In the fields of the sea, outside every zone of the demonstration.
    ring = [[121.9, 30.9], [121.9, 30.91], [121.91, 30.91], [121.9, 30.9]]
    properties = {
        "allotment_id": "W1", "unit_id": unit["unit_id"], "year": 2025, "element": "land",
        "land_mu": 50, "allotment_status": "allotted", "is_industrial": True,
    }  # fmt: skip
    plan.write_text(
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature",
                    "properties": properties, "geometry": {"type": "Polygon",
                                                           "coordinates": [ring]}}]}),
        encoding="utf-8",
    )  # fmt: skip
    after = muplan("shares", small_demo, "--year", 2025, "--what-if", plan, "--json").json["shares"]
    changed = [
        (old, new) for old, new in zip(before, after, strict=True)
        if (new["inside"], new["total"]) != pytest.approx((old["inside"], old["total"]))
    ]  # fmt: skip
    assert changed
    for old, new in changed:
        assert old["element"] == "land"
        assert old["unit_id"] in (unit["unit_id"], before[-1]["unit_id"], None, "city")
        assert new["total"] == pytest.approx(old["total"] + 50)
        assert new["inside"] == pytest.approx(old["inside"])


@pytest.mark.parametrize("by", ["unit", "platform", "park", "enterprise"])
def test_indicators_are_figures_over_land_with_ranks(by, asked):
    rows = asked("indicators", "--by", by, "--period", 2024).json["rows"]
    key = set() if by == "unit" else {f"{by}_id"}
    same_keys(rows, PER_MU | key)
    ranked = [row for row in rows if row["rank"] is not None]
    assert [row["rank"] for row in ranked] == sorted(row["rank"] for row in ranked)
    for row in ranked:
        assert row["output_wan_yuan_per_mu"] == pytest.approx(
            row["output_wan_yuan"] / row["output_land_mu"]
        )


def test_platforms_have_quarters_too(asked):
    rows = asked("indicators", "--by", "platform", "--period", "2024Q1").json["rows"]
    assert {row["period"] for row in rows} == {"2024Q1"}


def test_a_chosen_denominator_stands_beside_the_default_in_the_rows(asked):
    found = asked("indicators", "--by", "platform", "--period", 2024, "--basis", "supplied").json
    own = {"land_basis", "basis_land_mu", "basis_land_open_mu", "basis_output_wan_yuan_per_mu",
           "basis_tax_wan_yuan_per_mu", "basis_rank", "basis_tax_rank", "rank_change",
           "tax_rank_change"}  # fmt: skip
    same_keys(found["rows"], PER_MU | {"platform_id"} | own)
    by_basis = {(row["platform_id"], row["land_basis"]): row for row in found["denominators"]}
    for row in found["rows"]:
        held = by_basis[row["platform_id"], "supplied"]
        if row["output_wan_yuan"] is not None and held["land_mu"]:
            assert row["basis_output_wan_yuan_per_mu"] == pytest.approx(
                row["output_wan_yuan"] / held["land_mu"]
            )
        assert {"code", "text"} == set().union(*held["reasons"]) or not held["reasons"]
    changes = {
        row["platform_id"]: row["rank_change"]
        for row in found["rank_changes"]
        if (row["land_basis"], row["figure"]) == ("supplied", "output")
    }
    assert changes
    assert all(changes.values())
    listed = {row["platform_id"]: row["rank_change"] for row in found["rows"]}
    assert {name: change for name, change in listed.items() if change} == changes


def test_grades_carry_their_points_and_every_firm_is_accounted_for(asked):
    found = asked(
        "indicators", "--by", "enterprise", "--period", 2024, "--scheme", "huangyan-2022"
    ).json
    grading = found["grading"]
    firms = grading["firms"]
    assert sum(grading["standings"].values()) == len(firms) == len(found["rows"])
    graded = [firm for firm in firms if firm["standing"] == "graded"]
    assert [one["count"] for one in grading["classes"]] == [
        sum(firm["grade"] == one["grade"] for firm in graded) for one in grading["classes"]
    ]
    for firm in graded:
        assert firm["score"] == pytest.approx(sum(c["points"] for c in firm["contributions"]))
        if {c["status"] for c in firm["contributions"]} == {"counted"}:
            for one in firm["contributions"]:
                assert one["points"] == pytest.approx(one["value"] / one["base"] * one["weight"])
    assert grading["notes"][0]["code"] == "scheme_year_differs"
    assert {row["grade"] for row in found["rows"] if row["standing"] != "graded"} == {None}


def test_project_list_gives_every_project(asked):
    projects = asked("project list").json["projects"]
    same_keys(projects, PROJECT)
    assert len(projects) == 40
    assert len({project["project_id"] for project in projects}) == 40


def test_rules_are_listed_with_clauses_on_the_day_asked(muplan):
    found = muplan("rules", "--json", "--as-of", "2024-03-31").json
    assert set(found) == ENVELOPE | {"rules"}
    same_keys(found["rules"], RULE)
    plan = [rule for rule in found["rules"] if rule["rule_id"].startswith("B")]
    assert {rule["force_status"] for rule in plan} == {"not_yet"}
    assert {rule["effective_from"] for rule in plan} == {"2024-04-01"}
    assert {rule["effective_until"] for rule in plan} == {"2025-12-31"}


def test_rules_of_all_packs_are_listed_with_tiers_conditions_and_periods(muplan):
    packs = ("--pack", "jiaxing", "--pack", "panan", "--pack", "changchun")
    found = muplan("rules", "--json", *packs).json["rules"]
    same_keys(found, RULE)
    rules = {(rule["rule_id"], rule["part"]): rule for rule in found}
    counts = {letter: len({r for r, _ in rules if r[0] == letter}) for letter in "ABCDE"}
    assert counts == {"A": 30, "B": 17, "C": 15, "D": 11, "E": 11}
    bands = [tier["up_to"] for tier in rules["D1", "others"]["value"]]
    assert bands == [20, 50, None]
    assert rules["B9", "rmb"]["where"][1] == {
        "column": "projects.investment_yi_yuan", "comparator": ">=", "value": 50,
    }  # fmt: skip
    assert rules["B10", "five_years_fdi"]["period"] == [2021, 2025]
    assert rules["A27", "land"]["value"] is None


def test_tiers_and_rules_that_are_never_judged_are_readable(muplan, tmp_path):
    path = tmp_path / "规则.csv"
    assert muplan("rules", "--pack", "panan", "--out", path).code == 0
    listed = path.read_text(encoding="utf-8-sig")
    assert "30以下（含）：县长同意 → 分管副县长审批；50以下（含）：" in listed
    assert "；以上：分管副县长审核" in listed
    assert "只列不判" in muplan("rules", "--pack", "panan").out
    english = muplan("rules", "--pack", "changchun", "--lang", "en").out
    assert "shown, not judged" in english


def test_rules_without_a_date_stand_as_of_today(muplan):
    found = muplan("rules", "--json").json
    assert date.fromisoformat(found["manifest"]["as_of"]) >= date(2025, 1, 1)


def test_fields_explain_every_column_of_a_layer(muplan):
    found = muplan("fields", "land_parcels", "--json").json
    assert set(found) == ENVELOPE | {"fields"}
    same_keys(found["fields"], {"layer", "name", "kind", "unit", "meaning", "needed", "values"})
    by_name = {field["name"]: field for field in found["fields"]}
    assert by_name["area_declared_m2"]["unit"] == "m²"
    assert by_name["parcel_id"]["needed"] is True
    assert by_name["state"]["values"]["cleared"] == "净地"


def test_fields_without_a_layer_list_all_of_them(muplan):
    found = muplan("fields", "--json", "--lang", "en").json["fields"]
    assert {"units", "projects", "support_grants"} <= {field["layer"] for field in found}
    assert {f["meaning"] for f in found if f["name"] == "unit_kind"} == {"kind of unit"}


def test_new_and_demo_answer_with_the_rows_of_their_layers(muplan, tmp_path):
    found = muplan(
        "new", tmp_path / "a.gpkg", "--crs", "EPSG:4528", "--title", "甲市", "--json"
    ).json
    assert set(found["layers"].values()) == {0}
    assert found["manifest"]["crs"] == "EPSG:4528"
    assert found["manifest"]["workspace"] == "甲市"
    assert found["manifest"]["is_demo"] is False


def test_demo_tells_its_progress_and_answers_with_the_layers_made(
    muplan, tmp_path, small_demo, asked, monkeypatch
):
    def build(out, recipe, *, size, seed, created_at, gaps, progress):
        assert (size, seed, gaps, recipe.is_file()) == ("small", 7, False, True)
        progress(0.5, "demo_store")
        shutil.copy(small_demo, out)

    monkeypatch.setattr("layers.demo.build.build_demo", build)
    ran = muplan("demo", tmp_path / "again.gpkg", "--seed", "7", "--json")
    assert ran.err.startswith(" 50% ")
    counts = {layer["name"]: layer["rows"] for layer in asked("info").json["layers"]}
    assert ran.json["layers"] == counts


def test_a_demand_may_come_from_a_file(muplan, tmp_path, small_demo):
    need = tmp_path / "新厂.yaml"
    need.write_text(
        "category: 工业\nindustry_code: C39\nland_min_mu: 100\nexcluded_units: 330482\n",
        encoding="utf-8",
    )
    found = muplan("match", small_demo, "--project", need, "--json").json
    assert found["project_id"] == "新厂"
    assert "330482" not in {one["unit_id"] for one in found["sites"]}
    assert "330482" in {one["unit_id"] for one in found["rejected"]}


@pytest.mark.parametrize("key", ["curve", "knee_gap_m"])
def test_keys_that_were_not_asked_for_are_absent(key, asked):
    for found in (asked("blocks"), asked(*MATCH)):
        assert f'"{key}"' not in found.out


def test_blocks_say_what_is_left_of_them_and_what_holds_them_together(asked):
    blocks = asked("blocks").json["blocks"]
    for block in blocks:
        assert 0 <= block["net_area_mu"] <= block["area_mu"] * (1 + 1e-9)
        assert sum(block["net_pieces_mu"]) == pytest.approx(block["net_area_mu"])
        assert block["net_largest_mu"] == pytest.approx(max(block["net_pieces_mu"], default=0))
        assert 0 < block["compactness"] <= 1
        assert block["min_width_m"] > 0
        lost_mu = block["area_mu"] - block["net_area_mu"]
        assert sum(loss["alone_mu"] for loss in block["losses"]) <= lost_mu + 1e-6
        assert sum(loss["lost_mu"] for loss in block["losses"]) >= lost_mu - 1e-6
        assert len(block["bridges"]) == block["bridge_count"]
        for bridge in block["bridges"]:
            assert set(bridge) == BRIDGE
            assert {bridge["parcel_id"], bridge["other_parcel_id"]} <= set(block["parcel_ids"])
            assert bridge["gap_width_m"] > 0 or bridge["decision_id"]
    assert any(block["bridges"] for block in blocks)


def test_land_short_of_the_line_is_listed_apart_with_what_bounds_it(asked):
    short = asked("blocks").json["short_blocks"]
    same_keys(short, SHORT)
    for block in short:
        assert 60 <= block["area_mu"] < 100
        same_keys(block["bounded_by"], BOUND)
        kinds = {bound["bound_kind"] for bound in block["bounded_by"]}
        assert kinds <= {"barrier", "parcel", "constraint", "unit", "decision", "gap"}
        assert all(bound["text"] for bound in block["bounded_by"])


def test_the_tolerance_curve_equals_the_list_at_its_gap_and_never_falls(asked):
    answer = asked("blocks", "--curve").json
    same_keys(answer["curve"], CURVE)
    at = next(row for row in answer["curve"] if row["gap_m"] == 2.0)
    assert (at["blocks_100"], at["blocks_200"]) == (
        answer["totals"]["blocks"], answer["totals"]["blocks_200"],
    )  # fmt: skip
    assert at["area_mu_100"] == pytest.approx(answer["totals"]["area_mu"])
    assert at["area_mu_200"] == pytest.approx(answer["totals"]["area_mu_200"])
    for before, after in pairwise(answer["curve"]):
        assert before["gap_m"] < after["gap_m"]
        assert after["area_mu_100"] >= before["area_mu_100"] - 1e-6


def test_english_answers_hold_english_sentences(asked):
    answer = asked(*MATCH[:3], "--lang", "en").json
    texts = [gate["text"] for one in answer["rejected"] for gate in one["gates"]]
    assert any("enough" in text or "least" in text for text in texts)
    assert not any(sign in text for text in texts for sign in "，。；：")
