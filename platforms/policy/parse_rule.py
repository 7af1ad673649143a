"""How one row of a policy pack becomes a rule: its threshold, dates and citation fit together."""

from collections.abc import Mapping

from platforms.errors import PolicyError
from platforms.policy.nodes import Block
from platforms.policy.parse_reads import columns_read, conditions
from platforms.policy.rules import Clause, Document, Rule, Tier, Value
from platforms.policy.vocabulary import (
    BASES,
    COMPARATORS,
    COMPUTED_PART_UNITS,
    COMPUTED_UNITS,
    EVALUATORS,
    FORCES,
    NUMERIC,
    SCOPES,
    UNITS,
    Scope,
)

RULE_KEYS = (
    "id", "part", "title", "scope", "unit", "comparator", "value", "where", "force",
    "force_word",
    "effective_from", "effective_until", "target_date", "period", "basis", "clause", "evaluator",
    "reads", "assumptions", "lists", "tolerance_m2",
)  # fmt: skip
CLAUSE_KEYS = ("document", "place")


def parse_rule(block: Block, documents: Mapping[str, Document]) -> Rule:
    """Read one rule.

    Parameters
    ----------
    block
        The row.
    documents
        Documents known, by id: a rule that states no dates has those of its document.

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
    reads = columns_read(block)
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
        where=conditions(block, reads),
        lines={key: block.line_of(key) for key in block.nodes},
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
        return _tiers(block)
    if comparator in ("list_empty", "none") and not block.has("value"):
        return None
    return block.number("value")


def _tiers(block: Block) -> tuple[Tier, ...]:
    """Give the steps: each ends higher than the one before, only the last may be open."""
    block.node("value")
    blocks = block.blocks("value", ("up_to", "gives"))
    tiers = tuple(
        Tier(tier.number("up_to") if tier.has("up_to") else None, tier.text("gives"))
        for tier in blocks
    )
    ends = [float("inf") if tier.up_to is None else tier.up_to for tier in tiers]
    for position, end in enumerate(ends):
        if position and end <= ends[position - 1]:
            raise PolicyError("pack_tiers_order", pack=block.pack, line=blocks[position].line)
    if not tiers:
        raise PolicyError(
            "pack_key_missing", pack=block.pack, line=block.line_of("value"), key="value"
        )
    return tiers


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
    if not all(year.is_integer() for year in years):
        raise PolicyError("pack_not_year", pack=block.pack, line=block.line_of("period"))
    return int(years[0]), int(years[1])


def _check_unit(block: Block, rule: Rule) -> None:
    """Hold the unit against the comparator, the value, and what the product measures."""
    expected = COMPUTED_PART_UNITS.get(rule.key, COMPUTED_UNITS.get(rule.rule_id))
    if expected is None and (rule.comparator == "share" and rule.unit != "share"):
        expected = "share"
    if expected is not None and rule.unit != expected:
        raise PolicyError(
            "pack_unit_unfit", pack=block.pack, line=block.line_of("unit"), rule=rule.rule_id,
            unit=rule.unit, expected=expected,
        )  # fmt: skip
    if not rule.unit and rule.comparator in NUMERIC:
        raise PolicyError(
            "pack_unit_missing", pack=block.pack, line=block.line_of("unit"), rule=rule.rule_id
        )
    if rule.unit == "share" and isinstance(rule.value, float) and not 0 <= rule.value <= 1:
        raise PolicyError(
            "pack_share_out_of_range", pack=block.pack, line=block.line_of("value"),
            rule=rule.rule_id, value=rule.value,
        )  # fmt: skip


def _check_dates(block: Block, rule: Rule) -> None:
    since, until = rule.effective_from, rule.effective_until
    if since is not None and until is not None and since > until:
        raise PolicyError(
            "pack_dates_reversed", pack=block.pack, line=rule.line_of("effective_until"),
            rule=rule.rule_id, since=since, until=until,
        )  # fmt: skip
    if rule.target_date is None:
        return
    # a target that nothing is held against, or that lies before the rule, would never be shown
    starts = since is not None and rule.target_date < since
    if starts or rule.comparator in ("none", "tiers"):
        raise PolicyError(
            "pack_target_without_effect", pack=block.pack, line=block.line_of("target_date"),
            rule=rule.rule_id, target_date=rule.target_date,
        )  # fmt: skip
    if rule.period and not rule.period[0] <= int(rule.target_date[:4]) <= rule.period[1]:
        raise PolicyError(
            "pack_target_outside_period", pack=block.pack, line=block.line_of("target_date"),
            rule=rule.rule_id, target_date=rule.target_date, first=rule.period[0],
            last=rule.period[1],
        )  # fmt: skip
