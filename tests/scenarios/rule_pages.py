"""One page a rule in ``docs/rules``, made from its pack and its scenarios.

``python -m tests.scenarios.rule_pages`` writes them again.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from app.answers.rules import SIGNS, value_text
from app.messages import catalogue
from layers.codes import CONSTRAINT_KINDS
from layers.contracts import CONTRACTS
from layers.fields import FIELDS
from platforms.policy.pack import Pack, Rule
from tests.scenarios.rule_scenarios import FOLDER, pack

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"
PACK_NAMES = ("jiaxing", "panan", "changchun")
CASES_SHOWN = 8
WORDS = catalogue("zh")
SCOPES = {
    "U7": "各县（市、区）", "U9": "各县（市、区）和功能区", "Z2": "功能区", "P": "每个重大平台",
    "city": "全市（县）", "zone": "开发区", "park": "园区", "parcel": "地块",
    "allotment": "要素配置",
    "enterprise": "企业", "project": "项目", "leader": "领导", "department": "部门",
}  # fmt: skip
OUTCOMES = {
    "met": "符合", "not_met": "不符合", "no_data": "资料不足",
    "not_applicable": "不适用、未到期或只列不判",
}  # fmt: skip


def rules_by_id() -> dict[str, tuple[Pack, list[Rule]]]:
    """Give the rules of the packs that come with the product: pack and parts by rule id."""
    by_id: dict[str, tuple[Pack, list[Rule]]] = {}
    for name in PACK_NAMES:
        for rule in pack(name).rules:
            by_id.setdefault(rule.rule_id, (pack(name), []))[1].append(rule)
    return by_id


def page_of(rule_id: str) -> str:
    """Write the page of a rule (Markdown)."""
    of_pack, parts = rules_by_id()[rule_id]
    lines = [
        f"# {rule_id}　{_heading(parts)}",
        "",
        f"政策包 `{of_pack.name}`（{of_pack.title}）。"
        "本页由政策包和情景生成，与文件逐条对照用；不手改。",
        "",
        f"*Rule {rule_id} of pack `{of_pack.name}`: clause, reading, who is judged, worked examples"
        " and the data it needs; made from pack and scenarios.*",
        "",
        "## 原文 / Clause",
        "",
        *_clauses(of_pack, parts),
        "## 怎样判 / Test",
        "",
        *_tests(of_pack, parts),
        "",
        *_readings(of_pack, parts),
        "## 算例 / Worked examples",
        "",
        *_examples(rule_id),
        "",
        "## 需要的数据 / Data it needs",
        "",
        *_data(parts),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _heading(parts: list[Rule]) -> str:
    scenario = FOLDER / f"{parts[0].rule_id}.yaml"
    if scenario.exists():
        return str(_scenario(parts[0].rule_id)["title"])
    return parts[0].title


def _clauses(of_pack: Pack, parts: list[Rule]) -> Iterator[str]:
    for clause in dict.fromkeys(rule.clause for rule in parts):
        document = of_pack.documents[clause.document_id]
        yield f"**{document.short_name}　{clause.place}**"
        yield ""
        yield f"> {document.quoted(clause.place)}"
        yield ""


def _tests(of_pack: Pack, parts: list[Rule]) -> Iterator[str]:
    yield "| 项 | 检验什么 | 对谁 | 标准 | 语气（原文用词） | 生效起止 | 目标日期、期间 | 依据 |"
    yield "|---|---|---|---|---|---|---|---|"
    for rule in parts:
        sign = SIGNS.get(rule.comparator) or WORDS.text(f"comparator_{rule.comparator}")
        unit = "" if rule.unit == "share" else rule.unit
        value = value_text(rule, WORDS)
        whom = "、".join(SCOPES[scope] for scope in rule.scope)
        only = "、".join(of_pack.roles[name].title for name in rule.roles)
        but = "、".join(of_pack.roles[name].title for name in rule.roles_except)
        whom += f"（{only}）" if only else ""
        whom += f"（{but}除外）" if but else ""
        force = f"{WORDS.text(f'force_{rule.force}')}（{rule.force_word}）"
        span = f"{rule.effective_from or '未载明'} 至 {rule.effective_until or '未载明'}"
        target = rule.target_date or "–"
        if rule.period:
            target += f"；{rule.period[0]}–{rule.period[1]} 年"
        basis = WORDS.text(f"basis_{rule.basis}", assumptions=" ".join(rule.assumptions))
        cells = (
            f"`{rule.part}`" if rule.part else "–", rule.title, whom,
            f"{sign} {value} {unit}".strip(), force, span, target, basis,
        )  # fmt: skip
        yield "| " + " | ".join(cell.replace("|", "／") for cell in cells) + " |"


def _readings(of_pack: Pack, parts: list[Rule]) -> list[str]:
    names = dict.fromkeys(name for rule in parts for name in rule.assumptions)
    listed = [f"- **{name}**　{of_pack.assumptions[name].text}" for name in names]
    lists = dict.fromkeys(name for rule in parts for name in rule.lists)
    for name in lists:
        codes = of_pack.lists[name]
        listed.append(
            f"- **{codes.title}**　{'、'.join(codes.codes)}（{codes.note or codes.basis}）"
        )
    if not listed:
        listed = ["按原文字面，没有另作假设。"]
    return ["## 口径和理由 / Readings chosen, and why", "", *listed, ""]


def _examples(rule_id: str) -> list[str]:
    if not (FOLDER / f"{rule_id}.yaml").exists():
        return ["这一条由权限、比选或清单直接给出，没有逐条结论；见操作手册。"]
    scenario = _scenario(rule_id)
    lines = [
        f"查询日 {scenario['as_of']}，年度 {scenario['year']}；全部情景见"
        f" `tests/scenarios/rules/{rule_id}.yaml`。",
        "",
        "| 情形 | 算式 | 结论 |",
        "|---|---|---|",
    ]
    names = _names(scenario)
    for case in scenario["cases"][:CASES_SHOWN]:
        outcome = "；".join(_expected(each, names) for each in case["expect"])
        cells = (str(case["name"]), str(case["because"]), outcome)
        lines.append("| " + " | ".join(cell.replace("|", "／") for cell in cells) + " |")
    return lines


def _names(scenario: dict) -> dict[str, str]:
    """Name the units and platforms of the city that the scenarios lie in."""
    city = yaml.load((FOLDER.parent / "city.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    layers = {**city, **scenario["base"]}
    return {
        row[key]: row["name"]
        for layer, key in (("units", "unit_id"), ("major_platforms", "platform_id"))
        for row in layers.get(layer, [])
        if row.get("name")
    }


def _expected(expected: dict[str, str], names: dict[str, str]) -> str:
    subject = expected.get("row") or expected.get("platform") or expected.get("unit") or "全市"
    subject = names.get(subject, subject)
    part = f"`{expected['part']}` " if expected.get("part") else ""
    measured = f"，{expected['measured']}" if expected.get("measured") is not None else ""
    return f"{part}{subject}：{OUTCOMES[str(expected['outcome'])]}{measured}"


def _data(parts: list[Rule]) -> Iterator[str]:
    reads: dict[str, dict[str, None]] = {}
    for rule in parts:
        for layer, columns in rule.reads.items():
            reads.setdefault(layer, {}).update(dict.fromkeys(columns))
    for layer, columns in reads.items():
        names = "、".join("图形" if c == "geometry" else FIELDS[c].zh for c in columns)
        yield f"- {CONTRACTS[layer].zh}（`{layer}`）：{names}"
    kinds = dict.fromkeys(kind for rule in parts for kind in rule.kinds)
    if kinds:
        yield "- 必须在案的管控类别：" + "、".join(CONSTRAINT_KINDS[kind][0] for kind in kinds)


def _scenario(rule_id: str) -> dict:
    text = (FOLDER / f"{rule_id}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, yaml.BaseLoader)


def index_page() -> str:
    """Write the list of the pages."""
    lines = [
        "# 规则逐条 / The rules one by one",
        "",
        "每条规则一页：原文、怎样判、对谁、口径和理由、算例、需要的数据。由政策包和情景生成，"
        "`python -m tests.scenarios.rule_pages`。",
        "",
        "*A page a rule: clause, test, who is judged, readings and why, worked examples, data.*",
        "",
    ]
    for rule_id, (of_pack, parts) in rules_by_id().items():
        lines.append(f"- [{rule_id}]({rule_id}.md)　{_heading(parts)}（`{of_pack.name}`）")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Give every page by its file name."""
    of_rules = {f"{rule_id}.md": page_of(rule_id) for rule_id in rules_by_id()}
    return {"README.md": index_page(), **of_rules}


if __name__ == "__main__":
    PAGES.mkdir(parents=True, exist_ok=True)
    for old in PAGES.glob("*.md"):
        old.unlink()
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8", newline="\n")
