"""Scenarios of the rules as plain files: read strictly, laid over a small city, and checked.

A file is one rule. Its ``base`` lies over the city of ``city.yaml``, layer by layer; a case puts
layers in the place of those (``given``) or changes single rows of them by their key (``change``).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from layers.contracts import CONTRACTS
from platforms.checks import CHECKED_RULES, CheckQuery, run_checks
from platforms.policy.in_force import PolicySet, policy_on
from platforms.policy.pack import Pack
from platforms.policy.pack_file import parse_pack
from platforms.policy.verdict import Verdict
from tests.planning_frames import CITY_CRS, covered_frame, no_rows, rect, rect_of_mu, rows_of

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "rules"
PACKS = Path(__file__).resolve().parents[2] / "data" / "policy"

FILE_KEYS = {"rule", "pack", "title", "as_of", "year", "base", "cases", "days", "target_days"}
CASE_KEYS = {"name", "as_of", "year", "given", "change", "expect", "because", "zero_denominator"}
DAYS_KEYS = {"because", "status"}
TARGET_KEYS = {"parts", "because", "passed"}
SUBJECT_KEYS = {"part", "unit", "platform", "row"}
VERDICT_KEYS = SUBJECT_KEYS | {"outcome", "measured", "threshold", "force", "says"}
STATUSES = {"not_yet", "in_force", "expired"}
REPEAT_MOST = 2000

TABLES = {
    ("A22", "ranking"), ("B3", ""), ("B4", ""), ("B5", "usd"), ("B5", "rmb"),
    ("B5", "exclusive_talks"),
}  # fmt: skip
"""Parts that a table answers, or that say what another part of the rule counts."""


class ScenarioError(ValueError):
    """A scenario file that says something nobody asked of it."""


class _Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Days stay text, and a key written twice is a fault."""


_Strict.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    if len(keys) != len(set(keys)):
        raise ScenarioError(f"a key is written twice, line {node.start_mark.line + 1}: {keys}")
    return {
        key: loader.construct_object(value, deep=True)
        for key, (_, value) in zip(keys, node.value, strict=True)
    }


_Strict.add_constructor("tag:yaml.org,2002:map", _mapping)


@dataclass(frozen=True)
class Expected:
    """What one verdict is to be; ``row`` names it where a rule gives one a park or project."""

    part: str
    unit: str | None
    platform: str | None
    row: str | None
    outcome: str
    measured: float | None
    threshold: float | None
    force: str | None
    says: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """Rows of a small city on a day, and the verdicts they lead to."""

    name: str
    as_of: str
    year: int
    layers: dict[str, list[dict]]
    expect: tuple[Expected, ...]
    is_zero_denominator: bool


@dataclass(frozen=True)
class Scenarios:
    """All cases of one rule, and what it is on each day."""

    rule: str
    pack: str
    year: int
    layers: dict[str, list[dict]]
    cases: tuple[Case, ...]
    days: dict[str, str]
    target_days: dict[str, dict[str, bool]]


def _only(where: str, held: object, keys: set[str], needed: set[str] = frozenset()) -> dict:
    if not isinstance(held, dict):
        raise ScenarioError(f"{where}: keys are expected, not {held!r}")
    strange, lacking = set(held) - keys, needed - set(held)
    if strange or lacking:
        raise ScenarioError(f"{where}: unknown {sorted(strange)}, missing {sorted(lacking)}")
    return held


def load(text: str, name: str) -> Scenarios:
    """Read one file; anything unknown is an error that says where."""
    held = _only(name, yaml.load(text, _Strict), FILE_KEYS, FILE_KEYS - {"target_days"})
    if held["rule"] != name or held["rule"] not in CHECKED_RULES:
        raise ScenarioError(f"{name}: rule {held['rule']!r} is not the file's, or has no check")
    base = {**_city(), **_rows(name, held["base"])}
    days = _only(f"{name} days", held["days"], DAYS_KEYS, DAYS_KEYS)["status"]
    if not set(days.values()) <= STATUSES:
        raise ScenarioError(f"{name} days: {sorted(set(days.values()) - STATUSES)}")
    target_days: dict[str, dict[str, bool]] = {}
    for one in held.get("target_days", []):
        _only(f"{name} target_days", one, TARGET_KEYS, TARGET_KEYS)
        target_days |= dict.fromkeys(one["parts"], one["passed"])
    cases = tuple(_case(name, one, held, base) for one in held["cases"])
    names = [case.name for case in cases]
    if len(names) != len(set(names)):
        raise ScenarioError(f"{name}: two cases have one name")
    return Scenarios(
        held["rule"], held["pack"], held["year"], base, cases, days, target_days
    )  # fmt: skip


def _case(name: str, held: object, file: dict, base: dict[str, list[dict]]) -> Case:
    case = _only(f"{name} case", held, CASE_KEYS, {"name", "expect", "because"})
    where = f"{name} {case['name']}"
    layers = {**base, **_rows(where, case.get("given", {}))}
    for layer, changes in case.get("change", {}).items():
        layers[layer] = _changed(where, layer, layers.get(layer, []), changes)
    expect = tuple(_expected(where, one) for one in case["expect"])
    if not expect or not str(case["because"]).strip():
        raise ScenarioError(f"{where}: nothing is expected, or no working is given")
    return Case(
        case["name"], case.get("as_of", file["as_of"]), case.get("year", file["year"]), layers,
        expect, case.get("zero_denominator", False),
    )  # fmt: skip


def _expected(where: str, held: object) -> Expected:
    one = _only(where, held, VERDICT_KEYS, {"outcome"})
    if one["outcome"] in ("met", "not_met") and "measured" not in one:
        raise ScenarioError(f"{where}: what is judged states what was measured")
    return Expected(
        one.get("part", ""), one.get("unit"), one.get("platform"), one.get("row"), one["outcome"],
        one.get("measured"), one.get("threshold"), one.get("force"), tuple(one.get("says", ())),
    )  # fmt: skip


def _rows(where: str, held: object) -> dict[str, list[dict]]:
    given = _only(where, held, set(CONTRACTS))
    return {layer: [r for row in rows for r in _row(where, layer, row)] for layer, rows in
            given.items()}  # fmt: skip


def _row(where: str, layer: str, held: dict) -> list[dict]:
    """Make the rows of one entry: ``repeat: 21`` makes 21 of them, ``{n}`` is their number."""
    row = _only(f"{where} {layer}", held, _keys(layer) | {"repeat"})
    number = row.pop("repeat", None)
    if number is None:
        return [row]
    if not isinstance(number, int) or not 1 <= number <= REPEAT_MOST:
        raise ScenarioError(f"{where} {layer}: repeat {number!r}")
    return [
        {key: value.replace("{n}", str(n)) if isinstance(value, str) else value
         for key, value in row.items()}
        for n in range(1, number + 1)
    ]  # fmt: skip


def _keys(layer: str) -> set[str]:
    contract = CONTRACTS[layer]
    names = {field.name if hasattr(field, "name") else field for field in contract.columns}
    return names | ({"rect", "rect_mu"} if contract.is_spatial else set())


def _changed(where: str, layer: str, rows: list[dict], changes: dict) -> list[dict]:
    """Change rows by key; a value of null takes the stated one away, a row of null the row."""
    key = CONTRACTS[layer].key
    changed = list(rows)
    for wanted, values in changes.items():
        at = [n for n, row in enumerate(changed) if row[key] == wanted]
        if len(at) != 1:
            raise ScenarioError(f"{where}: {layer} has {len(at)} rows {wanted!r} to change")
        if values is None:
            del changed[at[0]]
            continue
        _only(f"{where} {layer}", values, _keys(layer))
        drawn = {"rect", "rect_mu"} if {"rect", "rect_mu"} & set(values) else set()
        kept = {k: v for k, v in changed[at[0]].items() if k not in drawn}
        changed[at[0]] = {**kept, **values}
    return changed


@cache
def _city() -> dict[str, list[dict]]:
    text = (HERE / "city.yaml").read_text(encoding="utf-8")
    return _rows("city", yaml.load(text, _Strict))


class _City:
    """Layers by name from rows; frames of the same rows are made once, cases being many."""

    made: dict[str, pd.DataFrame] = {}  # noqa: RUF012

    def __init__(self, layers: dict[str, list[dict]]) -> None:
        self.layers = layers

    def read(self, layer: str) -> pd.DataFrame:
        if layer == "data_coverage" and layer not in self.layers:
            # Cases of anything else stand on a city whose data are all on file.
            return covered_frame(tuple(row["unit_id"] for row in self.layers.get("units", [])))
        rows = self.layers.get(layer, [])
        if not rows:
            return no_rows(layer)
        stated = f"{layer}{rows}"
        if stated not in self.made:
            self.made[stated] = rows_of(layer, [_with_shape(row) for row in rows])
        return self.made[stated].copy()


def _with_shape(row: dict) -> dict:
    """Turn ``rect`` (x, y, width, height [m]) or ``rect_mu`` (x, y, area [亩]) into a shape."""
    plain = {key: value for key, value in row.items() if key not in ("rect", "rect_mu")}
    if row.get("rect") is not None:
        return {**plain, "geometry": rect(*row["rect"])}
    if row.get("rect_mu") is not None:
        return {**plain, "geometry": rect_of_mu(*row["rect_mu"])}
    return plain


@cache
def pack(name: str) -> Pack:
    """Read one of the packs that come with the product."""
    return parse_pack((PACKS / f"{name}.yaml").read_text(encoding="utf-8"), name)


@cache
def policy(name: str, as_of: str) -> PolicySet:
    """Give its rules on a day."""
    return policy_on(pack(name), as_of)


def verdicts(of: Scenarios, layers: dict[str, list[dict]], year: int, as_of: str) -> list[Verdict]:
    """Check the rule through the front door."""
    query = CheckQuery(year, (of.rule,), (), as_of)
    return run_checks(_City(layers), query, policy(of.pack, as_of), CITY_CRS)


def the_one(found: list[Verdict], wanted: Expected) -> Verdict:
    """Find the one verdict an expectation speaks of."""
    fitting = [
        v for v in found
        if (v.part, v.unit_id) == (wanted.part, wanted.unit)
        and (wanted.platform is None or v.platform_id == wanted.platform)
        and (wanted.row is None or any(wanted.row in e.rows for e in v.evidence))
    ]  # fmt: skip
    if len(fitting) != 1:
        about = [(v.part, v.unit_id, v.platform_id) for v in found]
        raise ScenarioError(f"{len(fitting)} verdicts are {wanted}; there are {about}")
    return fitting[0]


@cache
def all_scenarios() -> dict[str, Scenarios]:
    """Read every file of the folder, by rule."""
    return {
        path.stem: load(path.read_text(encoding="utf-8"), path.stem)
        for path in sorted(FOLDER.glob("*.yaml"))
    }
