"""How one row of a policy pack becomes a rule: its threshold, dates and citation fit together."""

from collections.abc import Mapping

from platforms.errors import PolicyError
from platforms.policy.nodes import Block
from platforms.policy.rules import (
    BASES,
    COMPARATORS,
    COMPUTED_UNITS,
    EVALUATORS,
    FORCES,
    SCOPES,
    UNITS,
    Clause,
    Document,
    Rule,
    Scope,
    Tier,
    Value,
)

RULE_KEYS = (
    "id", "part", "title", "scope", "unit", "comparator", "value", "force", "force_word",
    "effective_from", "effective_until", "target_date", "period", "basis", "clause", "evaluator",
    "reads", "assumptions", "lists", "tolerance_m2",
)  # fmt: skip
CLAUSE_KEYS = ("document", "place")


def parse_rule(
    block: Block, documents: Mapping[str, Document], reads: Mapping[str, tuple[str, ...]]
) -> Rule:
    """Read one rule.

    Parameters
    ----------
    block
        The row.
    documents
        Documents known, by id: a rule that states no dates has those of its document.
    reads
        Layers and columns it reads.

    Returns
    -------
    Rule
        The rule.

    Raises
    ------
    PolicyError
        What is wrong, with its line.
    """
    clause = _clause(block)
    document = documents.get(clause.document_id)
    unit = block.word("unit", UNITS)
    rule = Rule(
        rule_id=block.text("id"),
        part=block.optional_text("part") or "",
        title=block.text("title"),
        scope=_scope(block),
        unit=unit,
        comparator=block.word("comparator", COMPARATORS),  # type: ignore[arg-type]
        value=_value(block),
        force=block.word("force", FORCES),  # type: ignore[arg-type]
        force_word=block.text("force_word"),
        effective_from=_effective(block, "effective_from", document),
        effective_until=_effective(block, "effective_until", document),
        target_date=block.date("target_date"),
        period=_period(block),
        basis=block.word("basis", BASES),  # type: ignore[arg-type]
        clause=clause,
        evaluator=block.word("evaluator", EVALUATORS),  # type: ignore[arg-type]
        reads=reads,
        assumptions=block.texts("assumptions"),
        lists=block.texts("lists"),
        tolerance_m2=block.number("tolerance_m2") if block.has("tolerance_m2") else 0.0,
        pack=block.pack,
        line=block.line,
    )
    _check_unit(block, rule)
    _check_dates(block, rule)
    return rule


def _clause(block: Block) -> Clause:
    """Give the citation; without document and place a rule is refused."""
    if not block.has("clause"):
        raise _uncited(block, block.line_of("clause"))
    inner = block.block("clause", CLAUSE_KEYS)
    for key in CLAUSE_KEYS:
        if not inner.has(key) or not str(inner.nodes[key].value).strip():
            raise _uncited(block, inner.line_of(key))
    return Clause(inner.text("document"), inner.text("place"))


def _uncited(block: Block, line: int) -> PolicyError:
    rule = block.text("id") if block.has("id") else "?"
    return PolicyError("pack_citation_missing", pack=block.pack, line=line, rule=rule)


def _scope(block: Block) -> tuple[Scope, ...]:
    block.node("scope")
    return block.words("scope", SCOPES)  # type: ignore[return-value]


def _value(block: Block) -> Value:
    """Give the threshold in the form that the comparator asks for."""
    comparator = block.word("comparator", COMPARATORS)
    if comparator == "between":
        ends = block.numbers("value")
        if len(ends) != 2 or ends[0] > ends[1]:
            raise PolicyError(
                "pack_between_two", pack=block.pack, line=block.line_of("value"), key="value"
            )
        return ends[0], ends[1]
    if comparator == "tiers":
        block.node("value")
        return tuple(
            Tier(tier.number("up_to") if tier.has("up_to") else None, tier.text("gives"))
            for tier in block.blocks("value", ("up_to", "gives"))
        )
    if comparator == "list_empty" and not block.has("value"):
        return None
    return block.number("value")


def _effective(block: Block, key: str, document: Document | None) -> str | None:
    """Give the rule's own date where it states one (null too), else its document's."""
    if key in block.nodes or document is None:
        return block.date(key)
    return document.effective_from if key == "effective_from" else document.effective_until


def _period(block: Block) -> tuple[int, int] | None:
    if not block.has("period"):
        return None
    years = block.numbers("period")
    if len(years) != 2 or years[0] > years[1]:
        raise PolicyError(
            "pack_between_two", pack=block.pack, line=block.line_of("period"), key="period"
        )
    return int(years[0]), int(years[1])


def _check_unit(block: Block, rule: Rule) -> None:
    """Hold the unit against the comparator, the value, and what the product measures."""
    expected = COMPUTED_UNITS.get(rule.rule_id)
    if expected is None and (rule.comparator == "share" and rule.unit != "share"):
        expected = "share"
    if expected is not None and rule.unit != expected:
        raise PolicyError(
            "pack_unit_unfit", pack=block.pack, line=block.line_of("unit"), rule=rule.rule_id,
            unit=rule.unit, expected=expected,
        )  # fmt: skip
    if rule.unit == "share" and isinstance(rule.value, float) and not 0 <= rule.value <= 1:
        raise PolicyError(
            "pack_share_out_of_range", pack=block.pack, line=block.line_of("value"),
            rule=rule.rule_id, value=rule.value,
        )  # fmt: skip


def _check_dates(block: Block, rule: Rule) -> None:
    since, until = rule.effective_from, rule.effective_until
    if since is not None and until is not None and since > until:
        raise PolicyError(
            "pack_dates_reversed", pack=block.pack, line=block.line, rule=rule.rule_id,
            since=since, until=until,
        )  # fmt: skip
