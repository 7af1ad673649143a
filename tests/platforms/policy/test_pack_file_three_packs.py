"""The packs that come with the product, held against the rules typed a second time."""

import re
from functools import cache
from pathlib import Path

import pytest

from platforms.policy.in_force import policy_on
from platforms.policy.pack import Pack, Rule, Tier
from platforms.policy.pack_file import combine_packs, parse_pack
from tests.platforms.policy.expected_rules import CHANGCHUN, JIAXING, PANAN, WHO, expected

PROJECT = Path(__file__).resolve().parents[3]
PACKS = sorted(path.stem for path in (PROJECT / "data" / "policy").glob("*.yaml"))
EXPECTED = {"jiaxing": JIAXING, "panan": PANAN, "changchun": CHANGCHUN}
# the documents themselves lie beside a checkout on the maintainers' machines only
PAPERS = PROJECT.parent / "shared" / "policy"
SOURCES = {
    "jiaxing-2018-15": "jiaxing-2018-15-platforms", "jiaxing-2024": "jiaxing-2024-zhaodayinqiang",
    "jiaxing-2018-52": "jiaxing-2018-52-shixianzhang", "panan-2022": "panan-2022-lifecycle",
    "changchun-2018": "changchun-2018-projects",
}  # fmt: skip
FORCE_OF_WORD = {
    "力争": "target", "努力": "target", "目标": "target", "原则": "principle",
    "严禁": "mandatory", "不得": "mandatory", "一律": "mandatory", "必保": "mandatory",
    "确保": "mandatory", "须": "mandatory", "需": "mandatory", "探索": "guidance",
    "倾斜": "guidance", "加大": "guidance",
}  # fmt: skip


@cache
def pack(name: str) -> Pack:
    text = (PROJECT / "data" / "policy" / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_pack(text, name)


def every_rule() -> list[Rule]:
    return [rule for name in PACKS for rule in pack(name).rules]


def as_typed(value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, tuple):
        return f"{value:.12g}"
    ends = [end.up_to if isinstance(end, Tier) else end for end in value]
    return ",".join("∞" if end is None else f"{end:g}" for end in ends)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_threshold_is_the_one_typed_a_second_time(name):
    found = {
        rule.key: (rule.comparator, as_typed(rule.value), rule.unit, rule.force)
        for rule in pack(name).rules
    }
    assert found == expected(EXPECTED[name])


def test_every_pack_in_the_folder_is_one_of_those_typed_twice():
    assert sorted(EXPECTED) == PACKS


def test_every_rule_is_cited_and_has_a_word_a_title_and_what_it_reads():
    for rule in every_rule():
        assert rule.clause.document_id, rule.key
        assert rule.clause.place, rule.key
        assert rule.force_word, rule.key
        assert rule.title, rule.key
        assert rule.reads, rule.key
        assert (rule.basis == "assumed") is bool(rule.assumptions), rule.key


def test_words_of_one_force_never_stand_under_another():
    for rule in every_rule():
        for word, force in FORCE_OF_WORD.items():
            if word in rule.force_word:
                assert rule.force == force, (rule.key, rule.force_word)
                break


def test_all_assumptions_of_the_documents_are_in_the_packs_and_every_one_is_used():
    held = {key for name in PACKS for key in pack(name).assumptions}
    assert {f"S{n}" for n in range(1, 17)} <= held
    for name in PACKS:
        used = {key for rule in pack(name).rules for key in rule.assumptions}
        # The land balance is read by the land ratios, which no rule of the documents judges;
        # severities (S18) and ages (S21) by matching, under every pack.
        beside = {"land_balance", "S18", "S21"} - used
        assert set(pack(name).assumptions) - beside == used, name
        listed = {key for rule in pack(name).rules for key in rule.lists}
        assert set(pack(name).lists) == listed, name
        cited = {rule.clause.document_id for rule in pack(name).rules}
        assert set(pack(name).documents) == cited, name


def test_one_assumption_reads_the_same_in_every_pack_that_uses_it():
    for name in PACKS:
        for other in PACKS:
            for key in pack(name).assumptions.keys() & pack(other).assumptions.keys():
                assert pack(name).assumptions[key] == pack(other).assumptions[key], key


def test_documents_hold_from_the_dates_they_state():
    dates = {
        key: (document.issued_on, document.effective_from, document.effective_until)
        for name in PACKS
        for key, document in pack(name).documents.items()
    }
    assert dates == {
        "jiaxing-2018-15": ("2018-06-08", "2018-06-08", None),
        "jiaxing-2024": ("2024-02-28", "2024-04-01", "2025-12-31"),
        "jiaxing-2018-52": ("2018-08-07", "2018-08-07", None),
        "panan-2022": (None, "2022-10-10", None),
        "changchun-2018": ("2018-02-23", "2018-02-23", None),
    }


def test_targets_have_the_dates_by_which_the_documents_want_them():
    dates = {rule.key: rule.target_date for rule in every_rule() if rule.target_date}
    by_2020 = {(r, p) for r, p in dates if dates[r, p] == "2020-12-31"}
    assert by_2020 == {
        ("A3", "2020"), ("A5", ""), ("A6", ""), ("A7", "leading_chains"),
        ("A7", "specialty_industries"), ("A8", ""), ("A9", ""), ("A10", "ten_billion_firms"),
        ("A10", "listed_firms"), ("A11", ""), ("A12", "with_national_zone"), ("A12", "others"),
        ("A23", "2020"),
    }  # fmt: skip
    assert dates["A23", "plan"] == "2018-09-30"
    assert dates["A23", "mechanism"] == "2018-12-31"
    by_june = {key for key, day in dates.items() if day == "2018-06-30"}
    assert by_june == {
        ("E1", "started_june"), ("E1", "resumption_june"), ("E1", "new_start_rate_june"),
        ("E8", "new_starts_june"),
    }  # fmt: skip
    assert dates["E8", "starts_september"] == "2018-09-30"


def test_the_five_year_targets_are_a_period_apart_from_the_dates_in_force():
    for rule in pack("jiaxing").rules:
        if rule.rule_id == "B10":
            wanted = (2024, 2024) if rule.part.startswith("2024") else (2021, 2025)
            assert rule.period == wanted
            assert rule.target_date == f"{wanted[1]}-12-31"
            assert (rule.effective_from, rule.effective_until) == ("2024-04-01", "2025-12-31")


def test_sizes_that_decide_what_is_counted_stand_in_the_pack_too():
    counted = {
        rule.key: [(c.column, c.comparator, c.value) for c in rule.where if c.value is not True]
        for rule in every_rule()
        if any(isinstance(c.value, float) for c in rule.where)
    }
    rmb, usd = "investment_yi_yuan", "investment_yi_usd"
    head = ("leader_role", "==", ("unit_head",))
    over_1 = (rmb, ">=", 1)
    making = ("category", "==", ("industry",))
    task = ("indicator", "==", ("7亿元以上制造业项目招引落地任务",))
    kinds = ("industry", "logistics", "research", "service", "tourism", "health", "agriculture",
             "commerce")  # fmt: skip
    but_real_estate = ("category", "==", (*kinds, "infrastructure", "hotel", "commercial_complex",
                                          "letting_platform"))  # fmt: skip

    def leads(*roles):
        return ("leader_role", "==", roles)

    assert counted == {
        ("A10", "ten_billion_firms"): [("output_wan_yuan", ">=", 1_000_000)],
        ("A11", ""): [("output_yi_yuan", ">", 1000)],
        ("B9", "usd"): [head, (usd, ">", 1), but_real_estate],
        ("B9", "rmb"): [head, (rmb, ">=", 50), but_real_estate],
        **{
            ("B10", f"{span}_{part}"): [condition]
            for span in ("2024", "five_years")
            for part, condition in (
                ("usd", (usd, ">", 1)), ("rmb_10", (rmb, ">=", 10)), ("rmb_50", (rmb, ">=", 50)),
                ("rmb_100", (rmb, ">=", 100)),
            )
        },
        ("C1", "starts_1"): [(rmb, ">", 1), ("category", "==", kinds)],
        ("C1", "starts_10"): [(rmb, ">", 10), ("category", "==", kinds)],
        ("C11", "city_leader"): [but_real_estate, leads("city_leader"), (rmb, ">=", 20)],
        ("C11", "unit_leader"): [
            but_real_estate, leads("unit_head", "unit_leader"), (rmb, ">=", 10),
        ],
        ("C11", "department_head"): [but_real_estate, leads("department_head"), (rmb, ">=", 10)],
        ("D9", "manufacturing"): [making, (rmb, ">=", 7), task],
        ("D9", "major"): [
            ("category", "==", kinds), (rmb, ">=", 3),
            ("indicator", "==", ("3亿元以上重大产业项目招引落地任务",)),
        ],
        ("D11", "exceeded"): [making, (rmb, ">=", 7), task],
        ("D11", "without_task"): [making, (rmb, ">=", 7), task],
        ("E1", "under_construction"): [over_1],
        ("E1", "new_starts"): [over_1],
        ("E1", "reserve"): [over_1],
        ("E1", "started_june"): [over_1],
        ("E5", "leader"): [(rmb, ">=", 20)],
        ("E5", "secretary"): [(rmb, ">=", 0.5)],
        ("E8", "new_starts_june"): [over_1],
        ("E8", "starts_september"): [over_1],
        ("E10", ""): [(rmb, ">=", 10)],
    }  # fmt: skip


def test_routes_of_approval_are_given_step_by_step():
    rules = {rule.key: rule for rule in pack("panan").rules}
    routes = {key: [step.steps for step in rules[key].value] for key in rules if key[0] in
              ("D1", "D3")}  # fmt: skip
    low = ("县长同意", "分管副县长审批")
    middle = ("分管副县长审核", "县长办公会议审议", "县长审批")
    high = ("分管副县长审核", "县长办公会议审议", "县委常委会审议通过", "县长审批")
    assert routes == {
        ("D1", "industry"): [low, middle, high],
        ("D1", "others"): [low, middle, high],
        ("D1", "no_land"): [low],
        ("D3", ""): [
            ("项目研判小组会议研判通过", "领导小组审议通过", "金磐开发区自行审批"),
            ("县委常委会审议通过", "县长审批"),
        ],
    }


def test_the_three_packs_go_together_and_every_rule_stays():
    whole = policy_on(combine_packs([pack(name) for name in EXPECTED]), "2025-06-30")
    assert len(whole.rules) == sum(len(pack(name).rules) for name in EXPECTED)
    assert whole.pack.name == "jiaxing+panan+changchun"


# Rows that the planners added after the packs were last read again.
NOT_YET_IN_A_PACK: set[str] = set()


def test_every_rule_of_the_planners_table_is_in_a_pack():
    table = PAPERS / "rules.md"
    if not table.is_file():
        pytest.skip("the planners' table isn't beside this checkout")
    wanted = set(re.findall(r"^\| ([A-E]\d+) \|", table.read_text(encoding="utf-8"), re.MULTILINE))
    assert {rule.rule_id for rule in every_rule()} == wanted - NOT_YET_IN_A_PACK


def test_every_force_word_stands_in_the_document_it_is_cited_from():
    if not (PAPERS / "sources").is_dir():
        pytest.skip("the documents aren't beside this checkout")
    texts = {
        key: _plain((PAPERS / "sources" / f"{file}.txt").read_text(encoding="utf-8"))
        for key, file in SOURCES.items()
    }
    for rule in every_rule():
        pieces = [re.escape(_plain(piece)) for piece in rule.force_word.split("…")]
        # the pieces of one wording stand in one sentence or two, in that order
        assert re.search(".{0,120}?".join(pieces), texts[rule.clause.document_id]), rule.key


def _plain(text: str) -> str:
    half = str.maketrans("(),", "（），")
    return re.sub(r"[\s“”\"]", "", text).translate(half)


def test_who_is_assessed_is_typed_a_second_time():
    typed = {name: set(scope.split()) for scope, names in WHO.items() for name in names.split()}
    for rule in every_rule():
        name = f"{rule.rule_id}.{rule.part}"
        assert set(rule.scope) == typed.get(name, typed.get(rule.rule_id)), name
