"""The thresholds with their clauses, for pages, command line and export."""

from typing import TYPE_CHECKING

from app.answers.answer import Answer, SheetsOnDemand, column_titles, sheet_of
from app.messages import Catalogue
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.pack import Condition, Document, Rule, Tier

if TYPE_CHECKING:
    import pandas as pd

    from layers.exchange.writers.sheet import Sheet

COLUMNS = (
    "rule_id", "part", "title", "comparator", "value", "unit", "force", "force_word",
    "force_status", "effective_from", "effective_until", "target_date", "basis", "clause",
    "document_title", "document_number", "document_validity", "assumption_texts",
)  # fmt: skip
DOCUMENT_COLUMNS = (
    "document_title", "document_number", "issued_on", "effective_from", "effective_until",
    "document_validity", "rule_count", "document_note",
)  # fmt: skip
ASSUMPTION_COLUMNS = ("assumption_id", "assumption_text", "assumption_rules")
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
    rows = [_listed(rule, policy, words) for rule in dated]
    columns = dict.fromkeys((*COLUMNS, *DOCUMENT_COLUMNS, *ASSUMPTION_COLUMNS))
    headed = tuple(name for name in columns if not name.startswith("effective"))
    return Answer(
        title=words.text("title_rules", pack=policy.pack.title),
        parameters={},
        result={"rules": [_row(rule, policy) for rule in dated]},
        sheets=SheetsOnDemand(lambda: _sheets(rows, policy, words)),
        titles=column_titles(words, headed),
        summary=(words.text("summary_rules", count=len(dated)),),
        screen={name: [row[name] for row in rows] for name in SCREEN_COLUMNS},
        is_whole_on_screen=True,
    )


def _sheets(
    rows: list[dict[str, object]], policy: PolicySet, words: Catalogue
) -> "tuple[Sheet, ...]":
    import pandas as pd

    listed = pd.DataFrame(rows, columns=list(COLUMNS))
    return (
        sheet_of(words, "rules", listed, printed=PRINTED_RULES),
        sheet_of(words, "documents", document_frame(policy, words)),
        sheet_of(words, "assumptions", assumption_frame(policy)),
    )


def document_frame(policy: PolicySet, words: Catalogue) -> "pd.DataFrame":
    """List the documents that rules cite, with their dates and how many rules each has."""
    import pandas as pd

    cited = [dated.rule.clause.document_id for dated in policy.rules.values()]
    rows = [
        {
            "document_title": document.title,
            "document_number": document.number or words.text("not_stated"),
            "issued_on": document.issued_on, "effective_from": document.effective_from,
            "effective_until": document.effective_until,
            "document_validity": validity(document, policy.as_of, words),
            "rule_count": cited.count(document.document_id),
            "document_note": document.note,
        }
        for document in policy.pack.documents.values()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(DOCUMENT_COLUMNS))


def assumption_frame(policy: PolicySet) -> "pd.DataFrame":
    """List the readings chosen where documents leave a term open, with the rules they bear."""
    import pandas as pd

    rows = [
        {
            "assumption_id": assumption.assumption_id,
            "assumption_text": assumption.text,
            "assumption_rules": "、".join(
                dict.fromkeys(
                    dated.rule.rule_id
                    for dated in policy.rules.values()
                    if assumption.assumption_id in dated.rule.assumptions
                )
            ),
        }
        for assumption in policy.pack.assumptions.values()
    ]
    return pd.DataFrame(rows, columns=list(ASSUMPTION_COLUMNS))


def validity(document: Document, as_of: str, words: Catalogue) -> str:
    """Say whether a document is in force on a day, and until when."""
    if document.effective_from is not None and as_of < document.effective_from:
        return words.text("document_not_yet", day=document.effective_from)
    if document.effective_until is None:
        return words.text("document_open_end")
    code = "document_expired" if as_of > document.effective_until else "document_in_force"
    return words.text(code, day=document.effective_until)


def _row(dated: DatedRule, policy: PolicySet) -> dict[str, object]:
    """Give a rule as JSON holds it."""
    rule = dated.rule
    document = policy.pack.documents[rule.clause.document_id]
    return {
        "rule_id": rule.rule_id, "part": rule.part, "title": rule.title,
        "scope": list(rule.scope), "force": rule.force, "force_word": rule.force_word,
        "comparator": rule.comparator, "value": _value(rule), "unit": rule.unit,
        "where": [_condition(condition) for condition in rule.where],
        "roles": list(rule.roles), "roles_except": list(rule.roles_except),
        "effective_from": rule.effective_from, "effective_until": rule.effective_until,
        "target_date": rule.target_date, "period": list(rule.period) if rule.period else None,
        "force_status": dated.force_status, "basis": dated.basis,
        "assumptions": list(rule.assumptions), "clause": dated.clause,
        "quote": document.quoted(rule.clause.place),
    }  # fmt: skip


def _value(rule: Rule) -> object:
    if not isinstance(rule.value, tuple):
        return rule.value
    return [
        {"up_to": step.up_to, "gives": step.gives} if isinstance(step, Tier) else step
        for step in rule.value
    ]


def _condition(condition: Condition) -> dict[str, object]:
    value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
    return {
        "column": f"{condition.layer}.{condition.column}",
        "comparator": condition.comparator,
        "value": value,
    }


def _listed(dated: DatedRule, policy: PolicySet, words: Catalogue) -> dict[str, object]:
    """Give a rule as people read it."""
    rule = dated.rule
    document = policy.pack.documents[rule.clause.document_id]
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
        "document_title": document.title,
        "document_number": document.number or words.text("not_stated"),
        "document_validity": validity(document, policy.as_of, words),
        "assumption_texts": words.joined(
            f"{name} {policy.assumption(name).text}" for name in rule.assumptions
        ),
    }  # fmt: skip


def value_text(rule: Rule, words: Catalogue) -> str:
    """Show a threshold: a number, a share in per cent, a span of two, tiers with steps, a task."""
    if rule.value is None:
        return words.text("rule_value_task") if rule.is_against_task else ""
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
