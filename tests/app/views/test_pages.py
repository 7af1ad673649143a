"""Every page on the demonstration, on an empty workspace and on none, with what it says."""

from pathlib import Path

import pytest
from pyproj import CRS
from streamlit.testing.v1 import AppTest

from app.messages import catalogue
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

PROJECT = Path(__file__).resolve().parents[3]
PAGES = (
    "overview", "map", "blocks", "match", "placement", "shares", "consolidate", "per_mu", "checks",
    "targets", "projects", "scenarios", "invest", "data", "policy",
)  # fmt: skip
TEXT = catalogue("zh").text
pytestmark = pytest.mark.usefixtures("components_sought_once")


def opened(folder, monkeypatch, page=None):
    monkeypatch.setenv("MUPLAN_WORKSPACES", str(folder))
    app = AppTest.from_file(str(PROJECT / "app" / "main.py"), default_timeout=120)
    if page is not None:
        app.switch_page(f"views/{page}.py")
    return app.run()


@pytest.fixture(scope="module")
def demo_folder(small_demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workspaces")
    (folder / "demo.gpkg").write_bytes(Path(small_demo).read_bytes())
    return folder


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    create_workspace(
        tmp_path / "leer.gpkg", CRS(4549), title="空的", created_at="2025-01-01T00:00:00",
        as_of="2025-06-30",
    )  # fmt: skip
    return tmp_path


def when_done(app, work):
    """Draw the page again once its long work has ended."""
    app.session_state[f"work_{work}"].wait(120)
    return app.run()


def shown_frames(app):
    return [frame.value for frame in app.dataframe]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_demo_without_error_and_marked(page, demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, page)
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert TEXT(f"page_{page}") in app.header[0].value
    assert TEXT("demo_short") in app.header[0].value
    assert app.sidebar.warning[0].value == TEXT("demo_mark")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_an_empty_workspace_says_what_to_do(page, empty_folder, monkeypatch):
    app = opened(empty_folder, monkeypatch, page)
    assert not app.exception
    assert [error.value for error in app.error] == []
    spoken = [info.value for info in app.info] + [caption.value for caption in app.caption]
    assert any("导入" in sentence for sentence in spoken) or page in ("match", "policy")
    assert TEXT("demo_short") not in app.header[0].value


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("pack", ["panan", "changchun"])
def test_every_page_stands_under_the_rules_of_another_city(page, pack, demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch)
    app.session_state["packs_demo.gpkg"] = [pack]
    app.switch_page(f"views/{page}.py").run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert "嘉兴" not in app.sidebar.caption[0].value


@pytest.mark.parametrize("pack", ["panan", "changchun"])
@pytest.mark.parametrize(
    "part", ["list", "page", "warnings", "problems", "conflicts", "ranking", "dashboard"]
)
def test_every_part_of_the_ledger_stands_under_the_rules_of_another_city(
    part, pack, demo_folder, monkeypatch
):
    app = opened(demo_folder, monkeypatch)
    app.session_state["packs_demo.gpkg"] = [pack]
    app.session_state["projects_part"] = part
    app.switch_page("views/projects.py").run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    told = [info.value for info in app.info]
    assert not [line for line in told if pack in line], "a pack is said to lack an assumption"


def test_other_rules_on_the_same_workspace_change_verdicts_for_a_reason(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "checks")
    (button,) = [one for one in app.button if one.label == TEXT("changes_button")]
    (day,) = [one for one in app.date_input if one.label == TEXT("changes_as_of")]
    day.set_value("2018-06-07")
    button.click().run()
    assert [error.value for error in app.error] == []
    changed = next(f for f in shown_frames(app) if TEXT("column_why_changed") in f.columns)
    of_a2 = changed[changed[TEXT("column_rule_id")] == "A2"]
    assert len(of_a2)
    assert of_a2[TEXT("column_why_changed")].str.contains(TEXT("change_now_not_yet")).all()


def test_the_overview_has_a_light_for_each_of_the_nine_units(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "overview")
    units = next(f for f in shown_frames(app) if TEXT("light_B1_land") in f.columns)
    assert len(units) == 9
    land = units[TEXT("light_B1_land")]
    assert land.str.startswith(("●", "✖", "○")).all()
    haining = units[units[TEXT("column_unit_name")] == "海宁市"].iloc[0]
    assert haining[TEXT("light_B1_land")].startswith("✖")
    assert int(app.metric[0].value) >= 13


def test_a_missed_target_is_never_shown_as_a_breach(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "overview")
    platforms = next(f for f in shown_frames(app) if TEXT("light_A8") in f.columns)
    for rule in ("A8", "A9"):
        assert not platforms[TEXT(f"light_{rule}")].str.startswith("✖").any()
        assert platforms[TEXT(f"light_{rule}")].str.contains(TEXT("past_target")).any()


def test_every_block_listed_has_at_least_the_area_asked_for(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "blocks")
    listed = shown_frames(app)[0]
    area = listed[catalogue("zh").heading("area_mu").replace("（椭球）（亩）", "（椭球，亩）")]
    assert len(listed) > 0
    assert area.min() >= 100
    assert area.is_monotonic_decreasing


def test_a_larger_least_area_lists_the_larger_blocks_only(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "blocks")
    before = shown_frames(app)[0]
    app.number_input(key="min_mu").set_value(200.0)
    app.button[0].click().run()
    after = shown_frames(app)[0]
    column = before.columns[2]
    assert len(after) == (before[column] >= 200).sum()
    assert set(after.iloc[:, 0]) <= set(before.iloc[:, 0])


def test_the_block_list_shows_the_ground_where_the_workspace_has_rasters(demo_folder, monkeypatch):
    listed = shown_frames(opened(demo_folder, monkeypatch, "blocks"))[0]
    headings = catalogue("zh").heading
    for name in ("slope_mean_pct", "steep_share", "flood_depth_max_m", "flooded_share"):
        assert headings(name) in listed.columns
    assert headings("slope_covered_share") not in listed.columns


def test_the_block_list_leaves_out_what_no_raster_says(small_demo, tmp_path, monkeypatch):
    at = "2025-01-01T00:00:00"
    demo = GeoPackageWorkspace(Path(small_demo))
    bare = create_workspace(
        tmp_path / "bare.gpkg", demo.facts.crs, title="无高程", created_at=at, as_of="2025-06-30"
    )
    with bare.edit("a", at) as edit:
        for layer in ("units", "land_parcels"):
            edit.replace(layer, demo.read(layer), Provenance("demo", at))
        edit.replace_raster("flood_depth", demo.read_raster("flood_depth"))
    listed = shown_frames(opened(tmp_path, monkeypatch, "blocks"))[0]
    headings = catalogue("zh").heading
    assert headings("flooded_share") in listed.columns
    assert not {headings("slope_mean_pct"), headings("steep_share")} & set(listed.columns)


def test_matching_names_a_first_choice_or_says_that_there_is_none(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "match")
    words = " ".join(element.value for element in app.markdown)
    assert "首选" in words or "没有完全符合" in words
    assert "不符合" in words


def matched(folder, monkeypatch, project_id="xm-0012"):
    """Open the matching of a project that the small demonstration has land for."""
    app = opened(folder, monkeypatch, "match")
    return app.selectbox(key="match_project").set_value(project_id).run()


def test_a_weight_changes_the_scores_at_once_and_a_weight_of_none_is_refused_by_sentence(
    demo_folder, monkeypatch
):
    app = matched(demo_folder, monkeypatch)
    before = shown_frames(app)[0]
    app.slider(key="weight_access").set_value(50).run()
    after = shown_frames(app)[0]
    assert not before[TEXT("column_score")].equals(after[TEXT("column_score")])
    for name in [one.key for one in app.slider]:
        app.slider(key=name).set_value(0)
    app.run()
    assert not app.exception
    assert catalogue("zh").text("weights_empty") in [error.value for error in app.error]


def test_two_sites_stand_side_by_side_score_by_score_and_gate_by_gate(demo_folder, monkeypatch):
    app = matched(demo_folder, monkeypatch)
    item = TEXT("match_compare_item")
    table = next(f for f in shown_frames(app) if item in f.columns)
    assert {TEXT("criterion_chain"), TEXT("gate_exclusivity")} <= set(table[item])
    # the pack rules no route of approval
    assert TEXT("match_route") not in set(table[item])
    assert len(table.columns) == 3


def test_matching_by_a_form_answers_for_the_demand_filled_in(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "match")
    app.selectbox(key="match_project").set_value("own_demand").run()
    assert TEXT("match_fill_in") in [info.value for info in app.info]
    app.button[0].click().run()
    assert not app.exception
    assert any(TEXT("match_own_name") in element.value for element in app.markdown)


def test_what_somebody_must_do_comes_first_then_what_is_missing_and_forces_never_mix(
    demo_folder, monkeypatch
):
    app = opened(demo_folder, monkeypatch, "checks")
    head = TEXT("force_head_mandatory")
    counts = next(c.value for c in app.caption if c.value.startswith(head)).split("  \n")
    assert [line.split("　")[0] for line in counts] == [
        TEXT(f"force_head_{force}") for force in ("mandatory", "principle", "target", "guidance")
    ]
    assert all("上年" in line for line in counts)
    to_do = shown_frames(app)[0]
    assert to_do[TEXT("column_clause")].str.len().min() > 0
    assert to_do[TEXT("column_outcome")].str.startswith(("✖", "▲", "◆")).all()
    forces = list(dict.fromkeys(to_do[TEXT("column_force")]))
    assert forces[:2] == [TEXT("force_mandatory"), TEXT("force_principle")]
    app.radio(key="check_group").set_value("missing").run()
    assert not app.exception
    lacking = shown_frames(app)[0]
    assert lacking[TEXT("column_ask")].str.len().min() > 0
    app.radio(key="check_group").set_value("rest").run()
    assert not app.exception
    rest = shown_frames(app)[0]
    assert rest[TEXT("column_outcome")].str.startswith(("●", "○", "◆")).all()
    assert rest[TEXT("column_force_status")].str.contains(TEXT("past_target")).any()


def test_what_the_figures_per_mu_leave_out_stands_beneath_them(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "per_mu")
    app.number_input(key="per_mu_year").set_value(2024).run()
    app.radio(key="per_mu_by").set_value("park").run()
    totals = next(f for f in shown_frames(app) if TEXT("column_issue") in f.columns)
    assert TEXT("gap_other_period") in set(totals[TEXT("column_issue")])


def test_denominators_stand_side_by_side_once_asked_for(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "per_mu")
    app.number_input(key="per_mu_year").set_value(2024).run()
    app.toggle(key="per_mu_bases_platform").set_value(True).run()
    assert not app.exception
    assert [error.value for error in app.error] == []
    basis = TEXT("column_land_basis")
    frames = [frame for frame in shown_frames(app) if basis in frame.columns]
    assert set(frames[0][basis]) == {
        TEXT(f"land_basis_{name}")
        for name in ("above_scale", "approved", "managed", "supplied", "built", "registered")
    }
    assert TEXT("column_rank_change") in frames[1].columns
    assert any(TEXT("column_ratio_name") in frame.columns for frame in shown_frames(app))


def test_enterprises_are_graded_by_the_scheme_chosen(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "per_mu")
    app.number_input(key="per_mu_year").set_value(2024).run()
    app.radio(key="per_mu_by").set_value("enterprise").run()
    app.selectbox(key="per_mu_scheme").set_value("huangyan-2022").run()
    assert not app.exception
    grades = next(f for f in shown_frames(app) if TEXT("column_grade") in f.columns)
    assert set(grades[TEXT("column_grade")]) >= {"A", "B", "C", "D"}
    assert any("仅供参考" in line.value for line in app.text)


def test_an_earlier_date_shows_the_2024_plan_as_not_yet_in_force(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "checks")
    app.sidebar.date_input[0].set_value(__import__("datetime").date(2024, 3, 31)).run()
    assert not app.exception
    app.radio(key="check_group").set_value("rest").run()
    mandatory = shown_frames(app)[0]
    of_plan = mandatory[mandatory[TEXT("column_rule_id")] == "B1"]
    assert set(of_plan[TEXT("column_force_status")]) == {TEXT("force_status_not_yet")}


def test_the_data_page_lists_every_layer_with_its_source(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "data")
    layers = shown_frames(app)[0]
    assert {"units", "land_parcels", "project_events"} <= set(layers[TEXT("column_layer")])
    assert layers[TEXT("column_source")].str.contains("演示数据").all()


def test_a_new_workspace_is_made_and_opened_from_the_first_page(empty_folder, monkeypatch):
    app = opened(empty_folder, monkeypatch)
    app.text_input[0].set_value("桐乡 2026")
    next(b for b in app.button if b.label == TEXT("start_new_button")).click().run()
    assert not app.exception
    assert (empty_folder / "桐乡_2026.gpkg").is_file()
    assert app.session_state["open_workspace"].endswith("桐乡_2026.gpkg")


def test_a_workspace_without_a_name_is_refused_with_one_sentence(empty_folder, monkeypatch):
    app = opened(empty_folder, monkeypatch)
    next(b for b in app.button if b.label == TEXT("start_new_button")).click().run()
    assert [error.value for error in app.error] == [TEXT("title_missing")]
    assert len(list(empty_folder.glob("*.gpkg"))) == 1


def test_a_workspace_in_degrees_is_refused_with_one_sentence(empty_folder, monkeypatch):
    app = opened(empty_folder, monkeypatch)
    app.text_input[0].set_value("度")
    app.text_input[1].set_value("EPSG:4490")
    next(b for b in app.button if b.label == TEXT("start_new_button")).click().run()
    assert len(app.error) == 1
    assert len(list(empty_folder.glob("*.gpkg"))) == 1


def test_another_workspace_is_opened_by_its_button(empty_folder, demo_folder, monkeypatch):
    (empty_folder / "zweite.gpkg").write_bytes((demo_folder / "demo.gpkg").read_bytes())
    app = opened(empty_folder, monkeypatch)
    assert app.session_state["open_workspace"].endswith("zweite.gpkg")
    app.button(key="open_leer.gpkg").click().run()
    assert app.session_state["open_workspace"].endswith("leer.gpkg")


def test_a_figure_of_the_targets_opens_to_its_projects(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "targets")
    app.number_input(key="target_year").set_value(2024).run()
    chosen = app.selectbox(key="target_row")
    assert chosen.options
    behind = next(f for f in shown_frames(app) if TEXT("column_is_counted") in f.columns)
    assert len(behind) > 0


def test_the_page_ranks_by_the_quarter_chosen(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "targets")
    app.radio(key="ranking_quarter").set_value("Q2").run()
    app.selectbox(key="ranking_measure").set_value(TEXT("ranked_output")).run()
    assert not app.exception
    ranked = next(f for f in shown_frames(app) if TEXT("column_rank_change") in f.columns)
    assert ranked[TEXT("column_rank")].tolist()[0] in (1, "1")


def test_the_fewest_changes_of_a_unit_are_listed_after_the_button(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "consolidate")
    unit = next(box for box in app.selectbox if box.key == "consolidate_unit")
    unit.set_value("330421").run()
    (button,) = [one for one in app.button if one.label == TEXT("consolidate_solve")]
    button.click().run()
    app = when_done(app, "consolidate")
    assert [error.value for error in app.error] == []
    assert any(TEXT("column_plan_after") in frame.columns for frame in shown_frames(app))


def placed(folder, monkeypatch):
    """Place two projects of the demonstration, picked from the list."""
    app = opened(folder, monkeypatch, "placement")
    app.radio(key="placement_which").set_value("some").run()
    app.multiselect(key="placement_pick").set_value(["xm-0011", "xm-0026"]).run()
    app.button(key="placement_run").click().run()
    return when_done(app, "placement")


def test_projects_are_placed_and_every_list_of_the_answer_has_a_tab(demo_folder, monkeypatch):
    app = placed(demo_folder, monkeypatch)
    assert [error.value for error in app.error] == []
    assert [metric.value for metric in app.metric][:2] == ["1", "1"]
    labels = " ".join(tab.label for tab in app.tabs)
    for sheet in ("sheet_unplaced", "sheet_undecided", "sheet_shares_after"):
        assert TEXT(sheet) in labels
    assert any(TEXT("column_missing") in frame.columns for frame in shown_frames(app))


def test_an_estimate_is_chosen_on_the_page_and_says_so(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "placement")
    app.radio(key="placement_which").set_value("some").run()
    app.multiselect(key="placement_pick").set_value(["xm-0011", "xm-0026"]).run()
    app.radio(key="placement_effort").set_value("quick").run()
    app.button(key="placement_run").click().run()
    app = when_done(app, "placement")
    said = " ".join(one.value for one in (*app.markdown, *app.caption, *app.text))
    assert TEXT("summary_place_quick", placed=1, most=1) in said


def test_a_site_excluded_on_the_page_is_not_taken_again(demo_folder, monkeypatch):
    app = placed(demo_folder, monkeypatch)
    site = catalogue("zh").heading("site_id")
    first = next(f for f in shown_frames(app) if site in f.columns)[site].iloc[0]
    app.selectbox(key="placement_pair_site").set_value(first).run()
    app.button(key="placement_exclude").click().run()
    assert TEXT("placement_changed") in [caption.value for caption in app.caption]
    app.button(key="placement_run").click().run()
    app = when_done(app, "placement")
    second = next(f for f in shown_frames(app) if site in f.columns)[site].iloc[0]
    assert second != first


def test_the_run_is_ended_by_its_button(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "placement")
    app.button(key="placement_run").click().run()
    app.button(key="cancel_placement").click().run()
    if "work_placement" in app.session_state:  # else the page has seen its end already
        app = when_done(app, "placement")
    assert TEXT("work_cancelled") in [info.value for info in app.info]
    assert not app.metric


@pytest.fixture
def broken_folder(tmp_path):
    (tmp_path / "broken.gpkg").write_bytes(b"no database")
    return tmp_path


def test_without_a_workspace_that_opens_only_the_pages_that_need_none_are_offered(
    broken_folder, monkeypatch
):
    app = opened(broken_folder, monkeypatch)
    assert not app.exception
    app.switch_page("views/about.py").run()
    assert not app.exception
    assert app.header[0].value == TEXT("page_about")
    with pytest.raises(ValueError, match=r"about\.py"):
        app.switch_page("views/overview.py")


def test_every_page_says_in_one_sentence_that_the_workspace_chosen_is_faulty(
    broken_folder, monkeypatch
):
    app = opened(broken_folder, monkeypatch)
    app.session_state["open_workspace"] = str(broken_folder / "broken.gpkg")
    app.run()
    for page in PAGES:
        app.switch_page(f"views/{page}.py").run()
        assert not app.exception
        assert len(app.error) == 1
        assert "broken" in app.error[0].value


def test_the_language_is_chosen_in_the_sidebar_and_by_the_address(empty_folder, monkeypatch):
    app = opened(empty_folder, monkeypatch, "policy")
    assert app.header[0].value == TEXT("page_policy")
    app.query_params["lang"] = "en"
    app.run()
    assert app.header[0].value == catalogue("en").text("page_policy")
    app.sidebar.button_group[0].set_value("zh").run()
    assert app.header[0].value == TEXT("page_policy")
    assert not app.exception


def test_the_shares_of_the_list_stand_beside_their_bars(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "shares")
    app.number_input(key="share_year").set_value(2024).run()
    listed = shown_frames(app)[0]
    assert TEXT("column_headroom") in listed.columns
    assert len(app.get("vega_lite_chart")) >= 3
    app.multiselect(key="share_units").set_value(["330481"]).run()
    assert set(shown_frames(app)[0][TEXT("column_unit_name")]) == {"海宁市"}


def test_a_rule_is_found_by_words_and_opened_to_its_document(demo_folder, monkeypatch):
    app = opened(demo_folder, monkeypatch, "policy")
    whole = shown_frames(app)[0]
    app.text_input(key="policy_search").set_value("A2 可开发").run()
    found = shown_frames(app)[0]
    assert 0 < len(found) < len(whole)
    assert found[TEXT("column_rule_id")].str.startswith("A2").all()
    assert found[TEXT("column_document_title")].str.len().min() > 0
    app.text_input(key="policy_search").set_value("没有这样的规则").run()
    assert TEXT("policy_none_found") in [info.value for info in app.info]


def test_the_overview_tells_the_next_visit_what_changed(empty_folder, monkeypatch):
    first = opened(empty_folder, monkeypatch, "overview")
    assert TEXT("since_first") in [one.value for one in first.markdown]
    workspace = GeoPackageWorkspace(empty_folder / "leer.gpkg")
    units = workspace.read("units")
    with workspace.edit("测试员", "2025-07-01T00:00:00+00:00") as edit:
        edit.replace("units", units, Provenance("x", "2025-07-01T00:00:00+00:00"))
    second = opened(empty_folder, monkeypatch, "overview")
    changed = next(f for f in shown_frames(second) if TEXT("column_since_layer") in f.columns)
    assert changed[TEXT("column_since_actor")].tolist() == ["测试员"]
    third = opened(empty_folder, monkeypatch, "overview")
    assert not any(TEXT("column_since_layer") in frame.columns for frame in shown_frames(third))
