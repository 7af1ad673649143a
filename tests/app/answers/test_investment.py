"""The investment map: what is public gets in, nothing else does, and texts stay texts."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyproj import CRS
from xstatic.pkg import leaflet

from app.answers.investment import FIELDS_SHOWN, InvestmentQuery, investment_map
from app.context import open_context
from app.messages import catalogue
from geo.errors import MuPlanError
from layers.contracts import CONTRACTS, contract_of, key_columns
from layers.disclosure import PUBLIC_CODES, PUBLIC_COLUMNS, PUBLIC_FIGURES
from layers.fields import FIELDS
from layers.workspace.geopackage import create_workspace
from tests.planning_frames import CITY_CRS, Frames, rect, rect_of_mu

SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
FORBIDDEN = {
    "projects", "project_events", "enterprises", "enterprise_indicators", "element_allotments",
    "element_quotas", "platform_indicators", "targets", "problems", "support_grants",
    "unit_milestones", "land_lists", "adjacency_decisions", "constraints", "data_coverage", "parks",
    "approved_boundaries",
}  # fmt: skip

# What the search for land reads as a code, a yes or a width: a marker in it finds no land, so each
# is planted alone. `missing` is what a row states of it meanwhile.
READ = {
    ("units", "unit_kind"): "county",
    ("major_platforms", "level"): "national",
    ("major_platforms", "is_major"): True,
    ("major_platforms", "industry_scheme"): "GBT4754_2017",
    ("parks", "disposition"): "sub_park",
    ("land_parcels", "state"): "listed",
    ("land_parcels", "land_use_scheme"): "local",
    ("barriers", "barrier_class"): "trunk_road",
    ("barriers", "width_m"): 20.0,
    ("adjacency_decisions", "adjacency"): "join",
    ("adjacency_decisions", "decided_on"): "2024-01-01",
    ("constraints", "constraint_kind"): "pipeline",
    ("constraints", "severity"): "warn",
    ("constraints", "applies"): "inside",
    ("constraints", "effective_from"): "2020-01-01",
    ("constraints", "effective_until"): "2030-01-01",
    ("facilities", "facility_kind"): "port",
    ("projects", "stage"): "signed",
    ("project_events", "event_kind"): "signed",
    ("project_events", "event_on"): "2024-01-01",
    ("project_events", "planned_kind"): "started",
    ("project_events", "corrected_on"): None,
}
REFERENCES = {
    "unit_id": "units", "platform_id": "major_platforms", "park_id": "parks",
    "parcel_id": "land_parcels", "parcel_ids": "land_parcels", "project_id": "projects",
    "enterprise_id": "enterprises",
}  # fmt: skip
PLACES = {
    "units": rect(0, 0, 20e3, 20e3), "major_platforms": rect(0, 0, 3000, 3000),
    "parks": rect(4000, 0, 1000, 1000), "land_parcels": rect(100, 100, 300, 300),
    "barriers": rect(0, 2000, 3000, 20), "constraints": rect(2500, 2500, 100, 100),
    "facilities": rect(5000, 5000, 9, 9), "enterprises": rect(1000, 1000, 9, 9),
    "element_allotments": rect(1200, 1200, 99, 99), "approved_boundaries": rect(0, 0, 2900, 2900),
}  # fmt: skip
LOT = rect(0, 0, 9, 9)


def marker(layer, column):
    return f"MARK·{layer}·{column}"


def number(layer, column):
    """A number of seven digits that stands for one column."""
    every = [(name, one) for name, held in CONTRACTS.items() for one in held.columns]
    return 7_130_000 + 17 * every.index((layer, column))


def planted(layer, column):
    kind = FIELDS[column].kind
    if kind == "bool":
        return True
    if kind in ("int", "float"):
        return float(number(layer, column))
    owner = REFERENCES.get(column)
    return marker(owner, contract_of(owner).key) if owner else marker(layer, column)


def marked_city(alone=None):
    """One row in every layer and table, with a marker in every column (only in `alone` of READ)."""
    city = Frames(**{name: [{"geometry": PLACES[name]} if name in PLACES else {}]
                     for name in CONTRACTS if name in PLACES})  # fmt: skip
    for name, contract in CONTRACTS.items():
        frame = city.layers.get(name)
        frame = pd.DataFrame({}, index=[0]) if frame is None else frame
        values = {}
        for column in contract.columns:
            at = (name, column)
            values[column] = planted(*at) if at == alone or at not in READ else READ[at]
        city.layers[name] = frame.assign(
            **{column: pd.Series([value], index=frame.index) for column, value in values.items()},
            src_secret=pd.Series([marker(name, "src_secret")], index=frame.index),
        )
    return city


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("MARK·folder") / "MARK·file.gpkg"
    create_workspace(
        path, CRS(4549), title="MARK·title", created_at="2025-01-01T00:00:00", as_of="2025-06-30"
    )
    return open_context(path)


@pytest.fixture(scope="module")
def made(empty):
    """Make the map of a city held in memory: ``made(city, platforms=…)``."""

    def make(city, language="zh", **asked):
        held = replace(empty, source=city, words=catalogue(language))
        return investment_map(held, InvestmentQuery(**asked))

    return make


def numbers_in(html):
    """Find what could be one of the planted numbers, with or without thousands divided."""
    return {int(found.replace(",", "")) for found in re.findall(r"7,?1\d\d,?\d{3}", html)}


def leaked(html):
    """List every column, not public, whose marker stands in the file."""
    said = set(re.findall(r"MARK·(\w+)(?:·(\w+))?", html))
    public = {(layer, column) for layer, columns in PUBLIC_COLUMNS.items() for column in columns}
    figures = numbers_in(html)
    by_number = {
        (name, column)
        for name, contract in CONTRACTS.items()
        for column in contract.columns
        if FIELDS[column].kind in ("int", "float") and number(name, column) in figures
    }
    return (said | by_number) - public


def test_nothing_that_is_not_public_is_anywhere_in_the_file(made):
    city = marked_city()
    found = made(city, min_mu=1.0)
    assert (found.platform_count, found.block_count, found.taken_count) == (1, 1, 1)
    assert leaked(found.html) == set()
    shown = set(re.findall(r"MARK·(\w+)·(\w+)", found.html))
    assert shown == {
        ("units", "name"), ("major_platforms", "name"), ("major_platforms", "town"),
        ("major_platforms", "leading_industries"), ("major_platforms", "specialty_industries"),
        ("major_platforms", "leading_chains"), ("land_parcels", "land_use_code"),
        ("barriers", "name"), ("facilities", "name"),
    }  # fmt: skip
    assert number("major_platforms", "approved_area_mu") in numbers_in(found.html)


@pytest.mark.parametrize("alone", sorted(READ), ids="-".join)
def test_a_column_that_the_search_reads_as_a_code_does_not_leak_what_it_holds(made, alone):
    city = marked_city(alone)
    try:
        html = made(city, min_mu=1.0).html
    except MuPlanError:
        return  # no file, so nothing in it
    assert leaked(html) == set()


def test_the_list_of_what_is_public_names_known_columns_and_no_number_of_a_row():
    for layer, columns in PUBLIC_COLUMNS.items():
        assert set(columns) <= set(contract_of(layer).columns)
        assert not set(columns) & {*key_columns(contract_of(layer)), "source_doc", "note"}
        assert not [column for column in columns if column.endswith(("_id", "_ids"))]
    assert not FORBIDDEN & set(PUBLIC_COLUMNS)
    assert FORBIDDEN | set(PUBLIC_COLUMNS) == set(CONTRACTS), "a new layer: public or not?"
    for column, codes in PUBLIC_CODES.items():
        assert set(codes) < set(FIELDS[column].values)
    assert not [name for name in PUBLIC_FIGURES if name.endswith(("_id", "_ids"))]


def test_a_substation_and_a_lane_are_not_shown(made):
    city = Frames(
        major_platforms=[{"platform_id": "P", "geometry": PLACES["major_platforms"]}],
        facilities=[
            {"facility_id": "F1", "name": "海港", "facility_kind": "port", "geometry": LOT},
            {"facility_id": "F2", "name": "某变电站", "facility_kind": "substation",
             "geometry": LOT},
        ],
        barriers=[
            {"barrier_id": "B1", "name": "大道", "barrier_class": "trunk_road", "geometry": LOT},
            {"barrier_id": "B2", "name": "小巷", "barrier_class": "lane", "geometry": LOT},
        ],
    )  # fmt: skip
    html = made(city).html
    assert ("海港" in html, "某变电站" in html) == (True, False)
    assert ("大道" in html, "小巷" in html) == (True, False)


def two_platforms():
    return Frames(
        units=[{"unit_id": "N", "name": "北县", "geometry": rect(0, 0, 20e3, 20e3)}],
        major_platforms=[
            {"platform_id": "P1", "name": "甲区", "unit_id": "N", "level": "national",
             "leading_industries": "C39;36;9999", "industry_scheme": "GBT4754_2017",
             "geometry": rect(0, 0, 3000, 3000)},
            {"platform_id": "P2", "name": "乙区", "unit_id": "N",
             "geometry": rect(6e3, 0, 2e3, 2e3)},
        ],
        land_parcels=[
            {"parcel_id": "L1", "state": "cleared", "utilities": "road;water;power",
             "land_use_code": "100101", "land_use_scheme": "MNR2023", "far_min": 1.2,
             "far_max": 2.5, "geometry": rect_of_mu(100, 100, 120.0)},
            {"parcel_id": "L2", "state": "listed", "utilities": "power;road",
             "geometry": rect_of_mu(6100, 100, 150.0)},
            {"parcel_id": "L3", "state": "listed", "geometry": rect_of_mu(12e3, 100, 200.0)},
            {"parcel_id": "L4", "state": "listed", "geometry": rect_of_mu(1200, 100, 99.0)},
            {"parcel_id": "L5", "state": "supplied", "geometry": rect_of_mu(2000, 1500, 300.0)},
        ],
        projects=[{"project_id": "X1", "stage": "signed", "parcel_ids": "L2"}],
    )  # fmt: skip


def listed(html):
    """Read the list beside the map: name and facts."""
    held = {}
    for name, facts in re.findall(r'<button data-item="[^"]+">(.*?)</button><dl>(.*?)</dl>', html):
        held[name] = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", facts))
    return held


def test_platforms_and_land_are_said_with_what_is_on_file_and_no_more(made):
    found = made(two_platforms())
    said = listed(found.html)
    assert list(said) == ["甲区", "乙区", "1 号地", "2 号地", "3 号地"]
    assert said["甲区"] == {
        "级别": "国家级", "所在地": "北县", "可供土地处数": "1", "可供土地面积": "120.00 亩",
        "主导产业": "计算机、通信和其他电子设备制造业 C39、汽车制造业 C36、GBT4754_2017 9999",
    }  # fmt: skip
    assert said["2 号地"]["面积"] == "150.00 亩"
    assert said["2 号地"]["平台"] == "乙区"
    assert said["3 号地"]["用途"] == "一类工业用地"
    assert said["3 号地"]["容积率"] == "1.2–2.5"
    assert said["3 号地"]["配套"] == "通路、给水、通电"
    assert "用途" not in said["2 号地"]
    assert "平台" not in said["1 号地"]
    assert (found.block_count, round(found.block_mu, 6), found.taken_count) == (3, 470.0, 1)


@pytest.mark.parametrize(("least", "count"), [(99.0, 4), (99.1, 3), (120.0, 3), (120.1, 2)])
def test_land_is_shown_from_the_least_area_asked_for(made, least, count):
    assert made(two_platforms(), min_mu=least).block_count == count


def test_a_chosen_platform_comes_with_its_land_only(made):
    found = made(two_platforms(), platforms=("P2",))
    assert list(listed(found.html)) == ["乙区", "1 号地"]
    assert "甲区" not in found.html


def test_only_the_chosen_fields_are_said(made):
    said = listed(made(two_platforms(), fields=("level", "area_mu")).html)
    assert {name for facts in said.values() for name in facts} == {"级别", "面积"}


@pytest.mark.parametrize("name", ["tax_min_wan_yuan_per_mu", "parcel_ids", "contact"])
def test_a_field_that_is_not_public_cannot_be_chosen(name):
    with pytest.raises(MuPlanError) as raised:
        InvestmentQuery(fields=(name,))
    assert raised.value.code == "public_field_unknown"


def test_every_field_that_can_be_chosen_has_a_label_in_both_languages():
    for language in ("zh", "en"):
        held = catalogue(language).sentences
        assert [name for name in FIELDS_SHOWN if f"public_{name}" not in held] == []


def test_nothing_to_show_is_said_and_not_drawn(made):
    with pytest.raises(MuPlanError) as raised:
        made(Frames())
    assert raised.value.code == "public_map_empty"


def test_texts_of_the_data_and_of_the_planner_stay_texts(made):
    city = two_platforms()
    names = city.layers["major_platforms"]
    city.layers["major_platforms"] = names.assign(name=[SCRIPT, "乙区"])
    html = made(city, title=SCRIPT, contact=SCRIPT, source=SCRIPT, review=SCRIPT).html
    assert "<img" not in html
    assert "alert(1)</script>" not in html
    assert html.count("</script>") == 3
    content = re.search(r'<script id="content" type="application/json">(.*?)</script>', html)[1]
    groups = json.loads(content)["groups"]
    assert SCRIPT in [item["name"] for group in groups for item in group["items"]]


def test_the_page_asks_for_nothing_from_elsewhere(made):
    html = made(two_platforms()).html
    assert "default-src 'none'" in html
    script = Path(leaflet.BASE_DIR, "leaflet.js").read_text(encoding="utf-8")
    ours = html.replace(script.partition("//# sourceMapping")[0], "")
    assert len(ours) < len(html) - 100_000
    assert re.findall(r"//[a-zA-Z]", re.sub(r"data:[^)]+", "", ours)) == []
    assert {found[:5] for found in re.findall(r"url\(([^)]+)\)", html)} <= {"data:", "#defa"}
    assert "sourceMappingURL" not in html


def test_the_same_question_makes_the_same_file_in_either_language(made):
    city = two_platforms()
    assert made(city).html == made(city).html
    english = made(city, language="en").html
    assert '<html lang="en">' in english
    assert listed(english)["Site 1"]["Area"] == "200.00 亩 (mu)"


def test_outlines_are_simplified_for_the_screen_and_figures_are_not(made):
    city = two_platforms()
    exact = city.layers["land_parcels"].geometry.iloc[0]
    bumpy = exact.union(rect(100, 99, 1, 1))  # a bump of a square metre
    shapes = [bumpy, *city.layers["land_parcels"].geometry.iloc[1:]]
    city.layers["land_parcels"] = city.layers["land_parcels"].set_geometry(shapes, crs=CITY_CRS)
    html = made(city, platforms=("P1",)).html
    bigger = 120 + 1 * 3 / 2000
    assert listed(html)["1 号地"]["面积"] == f"{bigger:.2f} 亩"
    content = json.loads(re.search(r'json">(.*?)</script>', html)[1])
    ring = content["groups"][-1]["items"][0]["shape"]["coordinates"][0]
    assert len(ring) == 5


def test_the_map_of_the_command_holds_the_land_of_the_block_list(
    asked, muplan, small_demo, tmp_path
):
    path = tmp_path / "招商.html"
    ran = muplan("report", small_demo, "--kind", "investment-map", "--out", path)
    assert ran.code == 0
    totals = asked("blocks").json["totals"]
    said = listed(path.read_text(encoding="utf-8"))
    sites = [facts for name, facts in said.items() if name.endswith("号地")]
    assert len(sites) == totals["blocks"]
    assert f"{totals['area_mu']:,.2f} 亩" in ran.err
    assert "演示数据" in path.read_text(encoding="utf-8")


def test_what_the_command_cannot_do_is_refused_in_one_line(refused, small_demo, tmp_path):
    page, paper = ("--out", tmp_path / "m.html"), ("--out", tmp_path / "m.docx")
    map_of = ("report", small_demo, "--kind", "investment-map")
    assert ".html" in refused(*map_of, *paper)
    assert "pt-nanhu" in refused(*map_of, "--platform", "pt-nanh", *page)
    assert "area_mu" in refused(*map_of, "--field", "area_m", *page)
    assert "--project" in refused(*map_of, "--project", "xm-0001", *page)
    assert "--contact" in refused("report", small_demo, "--kind", "land", "--contact", "x", *paper)
    assert list(tmp_path.iterdir()) == []
