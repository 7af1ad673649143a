"""The thresholds with their clauses, for pages, command line and export."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.messages import Catalogue
from layers.exchange.sheet import Sheet
from platforms.policy.dated import DatedRule, PolicySet
from platforms.policy.rules import Condition, Rule, Tier

COLUMNS = (
    "rule_id", "part", "title", "comparator", "value", "unit", "force", "force_word",
    "force_status", "effective_from", "effective_until", "target_date", "basis", "clause",
)  # fmt: skip
SCREEN_COLUMNS = (
    "rule_id", "part", "comparator", "value", "unit", "force", "force_status", "clause", "title",
)  # fmt: skip
SIGNS = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "==": "=", "share": "≥"}
PRINTED_RULES = (
    "rule_id", "part", "title", "comparator", "value", "unit", "force", "force_word",
    "force_status", "target_date", "basis", "clause",
)  # fmt: skip


def rule_answer(policy: PolicySet, words: Catalogue) -> Answer:
    """Answer ``rules``: the thresholds with their clauses."""
    dated = list(policy.rules.values())
    listed = pd.DataFrame([_listed(one, words) for one in dated], columns=list(COLUMNS))
    own = tuple(name for name in COLUMNS if not name.startswith("effective"))
    return Answer(
        title=words.text("title_rules", pack=policy.pack.title),
        parameters={},
        result={"rules": [_row(one) for one in dated]},
        sheets=(Sheet(words.text("sheet_rules"), listed, printed=PRINTED_RULES),),
        titles=column_titles(words, own),
        summary=(words.text("summary_rules", count=len(dated)),),
        screen=listed[list(SCREEN_COLUMNS)],
        is_whole_on_screen=True,
    )


def _row(dated: DatedRule) -> dict[str, object]:
    """Give a rule as JSON holds it."""
    rule = dated.rule
    return {
        "rule_id": rule.rule_id, "part": rule.part, "title": rule.title,
        "scope": list(rule.scope), "force": rule.force, "force_word": rule.force_word,
        "comparator": rule.comparator, "value": _value(rule), "unit": rule.unit,
        "where": [_condition(one) for one in rule.where],
        "effective_from": rule.effective_from, "effective_until": rule.effective_until,
        "target_date": rule.target_date, "period": list(rule.period) if rule.period else None,
        "force_status": dated.force_status, "basis": dated.basis,
        "assumptions": list(rule.assumptions), "clause": dated.clause,
        "evaluator": rule.evaluator,
    }  # fmt: skip


def _value(rule: Rule) -> object:
    if not isinstance(rule.value, tuple):
        return rule.value
    return [
        {"up_to": step.up_to, "gives": step.gives} if isinstance(step, Tier) else step
        for step in rule.value
    ]


def _condition(one: Condition) -> dict[str, object]:
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    return {"column": f"{one.layer}.{one.column}", "comparator": one.comparator, "value": value}


def _listed(dated: DatedRule, words: Catalogue) -> dict[str, object]:
    """Give a rule as people read it."""
    rule = dated.rule
    return {
        "rule_id": rule.rule_id, "part": rule.part, "title": rule.title,
        "comparator": SIGNS.get(rule.comparator) or words.text(f"comparator_{rule.comparator}"),
        "value": value_text(rule, words),
        "unit": "" if rule.unit == "share" else rule.unit,
        "force": words.text(f"force_{rule.force}"), "force_word": rule.force_word,
        "force_status": words.text(f"force_status_{dated.force_status}"),
        "effective_from": rule.effective_from, "effective_until": rule.effective_until,
        "target_date": rule.target_date,
        "basis": words.text(f"basis_{dated.basis}", assumptions=" ".join(rule.assumptions)),
        "clause": dated.clause,
    }  # fmt: skip


def value_text(rule: Rule, words: Catalogue) -> str:
    """Show a threshold: a number, a share in per cent, a span of two, or tiers with their steps."""
    if rule.value is None:
        return ""
    if not isinstance(rule.value, tuple):
        return _amount(rule.value, rule.unit)
    tiers = [_tier(step, words) for step in rule.value if isinstance(step, Tier)]
    ends = [_amount(end, rule.unit) for end in rule.value if isinstance(end, float)]
    return "；".join(tiers) or "–".join(ends)


def _tier(tier: Tier, words: Catalogue) -> str:
    if tier.up_to is None:
        return words.text("tier_open", gives=tier.gives)
    return words.text("tier_up_to", up_to=f"{tier.up_to:g}", gives=tier.gives)


def _amount(value: float, unit: str) -> str:
    return f"{value:.0%}" if unit == "share" else f"{value:g}"
