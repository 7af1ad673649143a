"""The words that a policy pack may use: comparators, evaluators, scopes, forces, units."""

from collections.abc import Mapping
from typing import Literal

Comparator = Literal[
    ">=", ">", "<=", "<", "==", "between", "tiers", "share", "list_empty", "none"
]  # fmt: skip
Evaluator = Literal["check", "shares", "match", "ledger", "table"]
Scope = Literal[
    "U7", "U9", "Z2", "P", "city", "zone", "park", "parcel", "allotment", "enterprise", "project",
    "leader", "department",
]  # fmt: skip

COMPARATORS = (">=", ">", "<=", "<", "==", "between", "tiers", "share", "list_empty", "none")
"""``share`` is a part of a whole (0–1) that must reach the value; ``list_empty`` a list of
offenders that must be empty (with a value: their total may not exceed it); ``none`` is shown and
never judged (with a value: the distance to it is shown, as for 左右)."""

NUMERIC = (">=", ">", "<=", "<", "==", "between", "tiers")
"""Comparators whose threshold is an amount, which means nothing without its unit."""

CONDITION_COMPARATORS = (">=", ">", "<=", "<", "==")
"""How a condition of ``where`` may compare a column; words and yes/no only by ``==``."""

EVALUATORS = ("check", "shares", "match", "ledger", "table")
"""Which job computes a rule."""

SCOPES = (
    "U7", "U9", "Z2", "P", "city", "zone", "park", "parcel", "allotment", "enterprise", "project",
    "leader", "department",
)  # fmt: skip
"""Who is assessed: U7 the county-level units, Z2 the functional zones, U9 both, P each platform."""

FORCES = ("mandatory", "principle", "target", "guidance")
BASES = ("cited", "derived", "assumed")

UNITS = (
    "", "个", "家", "人", "项", "期", "级", "位", "亩", "m", "share", "万元/亩", "亿元", "万元",
    "亿美元", "吨标煤", "吨", "日", "天", "工作日", "月", "年",
    "次/周", "次/双周", "次/月", "次/季",
)  # fmt: skip
"""Units a threshold may be stated in; ``share`` is 0–1, 日 a day of the month, 天 a span."""

COMPUTED_UNITS: Mapping[str, str] = {
    "A1": "个", "A2": "亩", "A3": "亿元", "A5": "share", "A6": "share", "A7": "个",
    "A8": "万元/亩", "A9": "万元/亩", "A10": "家", "A11": "个", "A13": "share", "A14": "个",
    "A15": "个", "A16": "个", "A19": "项", "A23": "个", "A24": "个", "A25": "项", "A26": "项",
    "B1": "share", "B3": "亩", "B4": "亩", "D6": "亩", "E3": "项",
    "A12": "个", "B9": "个", "C2": "亿元", "C8": "share",
    "B13": "share", "C9": "项", "D1": "亩", "D2": "级", "D3": "亩", "D7": "亿元", "D11": "个",
    "E2": "个", "E9": "个", "E10": "项",
}  # fmt: skip
"""Unit that the product measures a rule in; a pack that states another one is refused."""

COMPUTED_PART_UNITS: Mapping[tuple[str, str], str] = {
    ("A4", "outline"): "个", ("A4", "area"): "亩", ("A17", "distance"): "m",
    ("A17", "industry"): "share", ("A18", ""): "亩", ("A18", "new_parks"): "个",
    ("A28", "upgrade"): "", ("A28", "exit"): "", ("A29", "totals"): "亿元",
    ("A29", "double_count"): "家", ("A30", "land_mix"): "share", ("A30", "hightech_firms"): "家",
    ("A30", "rd_centres"): "个", ("A30", "academician_stations"): "个", ("D5", "share"): "share",
    ("D5", "control_line"): "亩",
    ("B11", "excellence"): "share", ("B11", "last_two_years"): "年",
    ("B11", "short_two_years"): "年", ("C3", "city_level"): "个", ("C3", "county_head"): "个",
    ("C3", "county_head_port"): "个", ("C3", "landing_rate"): "share",
    ("B12", "experience"): "share", ("B12", "posted_outside"): "人", ("B15", "contacts"): "家",
    ("B15", "headquarters_reward"): "万元", ("C4", "phases"): "期", ("C4", "code_prefix"): "位",
    **{("C11", role): "个" for role in ("city_leader", "unit_leader", "department_head")},
    **{
        ("C11", f"{role}_size"): "亿元"
        for role in ("city_leader", "unit_leader", "department_head")
    },
}  # fmt: skip
"""The same where the parts of a rule are measured in different units."""
