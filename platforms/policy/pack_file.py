"""YAML -> pack."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import yaml

from geo.limits import LARGEST_BYTES
from geo.strict_yaml import Block, read_block
from geo.tools import nearest_name, plain_name
from layers.codes import CONSTRAINT_KINDS
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, Field
from platforms.errors import PolicyError, pack_error
from platforms.policy.pack import (
    BASES,
    COMPARATORS,
    CONDITION_COMPARATORS,
    FORCES,
    NUMERIC,
    SCOPES,
    TASK,
    UNITS,
    Assumption,
    Clause,
    CodeList,
    Condition,
    Document,
    Pack,
    Role,
    Rule,
    Scope,
    Setting,
    SwitchedOff,
    Tier,
    Value,
)

PAIR = 2
"""A range has two ends."""


def pack_text(data: bytes, pack: str) -> str:
    r"""Decode a pack.

    Parameters
    ----------
    data
        The file.
    pack
        Its name, for errors.

    Returns
    -------
    str
        The text, without byte order mark.

    Raises
    ------
    PolicyError
        ``pack_too_large``, ``pack_not_utf8`` with the line of the first bytes that aren't UTF-8.

    Examples
    --------
    >>> pack_text(b"\xef\xbb\xbfname: a\n", "a")
    'name: a\n'
    """
    if len(data) > LARGEST_BYTES:
        raise PolicyError(
            "pack_too_large", pack=pack, line=1, limit_kb=LARGEST_BYTES // 1000
        )  # fmt: skip
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError("pack_not_utf8", pack=pack, line=line) from error


def combine_packs(packs: Sequence[Pack]) -> Pack:
    """Lay packs over each other.

    Parameters
    ----------
    packs
        One or more packs; a later one replaces rules of the same id and part, and documents,
        assumptions and lists of the same id.

    Returns
    -------
    Pack
        Named after all of them (``jiaxing+panan``); title and edition of each, joined alike.

    Raises
    ------
    PolicyError
        ``pack_none`` where none is given.
    """
    if not packs:
        raise PolicyError("pack_none")
    whole = packs[0]
    for pack in packs[1:]:
        keys = {rule.key for rule in pack.rules}
        kept = tuple(rule for rule in whole.rules if rule.key not in keys)
        whole = replace(
            whole,
            name=f"{whole.name}+{pack.name}",
            title=f"{whole.title}+{pack.title}",
            edition=f"{whole.edition}+{pack.edition}",
            documents={**whole.documents, **pack.documents},
            assumptions={**whole.assumptions, **pack.assumptions},
            lists={**whole.lists, **pack.lists},
            roles={**whole.roles, **pack.roles},
            rules=kept + pack.rules,
            switched_off=whole.switched_off + pack.switched_off,
        )
    return whole


def switch_off(base: Pack, overlay: Pack) -> Pack:
    """Leave out of a base what the pack that extends it switches off.

    The base without those rules.

    Raises PolicyError: ``pack_off_unknown`` with the nearest rule of the base,
    ``pack_off_and_stated`` where the pack states the same rule and part itself.
    """
    kept = list(base.rules)
    for off in overlay.switched_off:
        gone = [rule for rule in kept if _is_off(rule, off)]
        if not gone:
            name = off.rule_id if off.part is None else f"{off.rule_id} {off.part}"
            known = sorted({rule.rule_id for rule in base.rules}) + sorted(
                {f"{rule.rule_id} {rule.part}" for rule in base.rules if rule.part}
            )
            raise PolicyError(
                "pack_off_unknown", pack=overlay.name, line=off.line, rule=name,
                nearest=nearest_name(name, known),
            )  # fmt: skip
        for rule in overlay.rules:
            if _is_off(rule, off):
                raise PolicyError(
                    "pack_off_and_stated", pack=overlay.name, line=off.line, rule=rule.rule_id,
                    part=rule.part, other_line=rule.line,
                )  # fmt: skip
        kept = [rule for rule in kept if not _is_off(rule, off)]
    return replace(base, rules=tuple(kept))


def _is_off(rule: Rule, off: SwitchedOff) -> bool:
    return rule.rule_id == off.rule_id and off.part in (None, rule.part)


def check_references(pack: Pack) -> None:
    """Hold every rule against what it refers to, and the dates of one rule against each other.

    ``pack``: A pack, complete with what it extends.

    Raises PolicyError: ``pack_document_unknown``, ``pack_assumption_unknown``,
    ``pack_list_unknown``, ``pack_role_unknown``, ``pack_assumption_missing`` where a rule is
    assumed, or uses an assumed list, and names no assumption, ``pack_role_name_shared`` where two
    roles have one name, ``pack_dates_overlap``.
    """
    _refuse_shared_names(pack)
    for rule in pack.rules:
        _refuse_unknown(pack, rule)
    for position, rule in enumerate(pack.rules):
        for earlier in pack.rules[:position]:
            if earlier.key == rule.key and _overlap(earlier, rule):
                raise PolicyError(
                    "pack_dates_overlap", pack=rule.pack, line=rule.line, rule=rule.rule_id,
                    part=rule.part, other_line=earlier.line,
                )  # fmt: skip


def _refuse_unknown(pack: Pack, rule: Rule) -> None:
    """Refuse a rule whose document, assumption, list or role isn't there, or that leans on none."""
    cited = rule.clause.document_id
    if cited not in pack.documents:
        raise PolicyError(
            "pack_document_unknown", pack=rule.pack, line=rule.line_of("clause"),
            rule=rule.rule_id, name=cited, nearest=nearest_name(cited, pack.documents),
        )  # fmt: skip
    for name in rule.assumptions:
        if name not in pack.assumptions:
            raise PolicyError(
                "pack_assumption_unknown", pack=rule.pack, line=rule.line_of("assumptions"),
                rule=rule.rule_id, name=name, nearest=nearest_name(name, pack.assumptions),
            )  # fmt: skip
    for name in rule.lists:
        if name not in pack.lists:
            raise PolicyError(
                "pack_list_unknown", pack=rule.pack, line=rule.line_of("lists"),
                rule=rule.rule_id, name=name, nearest=nearest_name(name, pack.lists),
            )  # fmt: skip
    for key, names in (("roles", rule.roles), ("roles_except", rule.roles_except)):
        for name in names:
            if name not in pack.roles:
                raise PolicyError(
                    "pack_role_unknown", pack=rule.pack, line=rule.line_of(key),
                    rule=rule.rule_id, name=name, nearest=nearest_name(name, pack.roles) or "–",
                )  # fmt: skip
    # what is assumed is badged by the assumption it names; without one nobody could look it up
    leans = rule.basis == "assumed" or any(pack.lists[n].basis == "assumed" for n in rule.lists)
    if leans and not rule.assumptions:
        raise PolicyError(
            "pack_assumption_missing", pack=rule.pack, line=rule.line, rule=rule.rule_id,
            part=rule.part,
        )  # fmt: skip


def _refuse_shared_names(pack: Pack) -> None:
    """Refuse a name or code that two roles state: a unit would play both."""
    roles: dict[str | None, Role] = {}
    for role in pack.roles.values():
        for name in dict.fromkeys([*map(plain_name, role.names), *role.codes]):
            other = roles.setdefault(name, role)
            if other is not role:
                raise PolicyError(
                    "pack_role_name_shared", pack=pack.name, line=role.line, name=name or "–",
                    role=role.role_id, other_role=other.role_id,
                )  # fmt: skip


def _overlap(left: Rule, right: Rule) -> bool:
    """Say whether two spans of days, ends included, share a day; None has no end."""
    first, last = "0000-00-00", "9999-99-99"
    return (left.effective_from or first) <= (right.effective_until or last) and (
        right.effective_from or first
    ) <= (left.effective_until or last)


CONDITION_KEYS = ("column", "comparator", "value")

Reads = Mapping[str, tuple[str, ...]]


def columns_read(block: Block) -> dict[str, tuple[str, ...]]:
    """Give the layers and columns a rule reads.

    Columns by layer, ``geometry`` among them where the shape is read.

    Raises PolicyError: ``pack_layer_unknown``, ``pack_column_unknown``, with the nearest known
    name.
    """
    if not block.has("reads"):
        return {}
    inner = block.block("reads", None)
    reads = {}
    for layer in inner.nodes:
        line = inner.line_of(layer)
        if layer not in CONTRACTS:
            raise PolicyError(
                "pack_layer_unknown", pack=block.source, line=line, layer=layer,
                nearest=nearest_name(layer, CONTRACTS),
            )  # fmt: skip
        columns = inner.texts(layer)
        known = CONTRACTS[layer].columns
        if CONTRACTS[layer].is_spatial:
            known = (*known, "geometry")
        for column in columns:
            if column not in known:
                raise PolicyError(
                    "pack_column_unknown", pack=block.source, line=line, layer=layer, column=column,
                    nearest=nearest_name(column, known),
                )  # fmt: skip
        reads[layer] = columns
    return reads


def conditions(block: Block, reads: Reads) -> tuple[Condition, ...]:
    """Give the conditions on the rows a rule counts.

    In the order written; a row counts where all hold.

    Raises PolicyError: ``pack_condition_not_read`` where the rule doesn't read the column,
    ``pack_condition_unfit`` where words or yes/no are compared by size, and what a value of the
    wrong type or an unknown word raises.
    """
    return tuple(_condition(entry, reads) for entry in block.blocks("where", CONDITION_KEYS))


def _condition(block: Block, reads: Reads) -> Condition:
    name = block.text("column")
    known = [f"{layer}.{column}" for layer, columns in reads.items() for column in columns]
    if name not in known or name.endswith(".geometry"):
        raise PolicyError(
            "pack_condition_not_read", pack=block.source, line=block.line_of("column"), column=name,
            nearest=nearest_name(name, known) or "–",
        )  # fmt: skip
    layer, column = name.split(".")
    comparator = block.word("comparator", CONDITION_COMPARATORS)
    field = FIELDS[column]
    if field.kind not in ("int", "float") and comparator != "==":
        raise PolicyError(
            "pack_condition_unfit", pack=block.source, line=block.line_of("comparator"),
            column=name, comparator=comparator,
        )  # fmt: skip
    return Condition(layer, column, comparator, _value(block, field))


def _value(block: Block, field: Field) -> float | bool | tuple[str, ...]:
    """Give the value in the type of the column; a code must be one that the column may hold."""
    if field.kind in ("int", "float"):
        return block.number("value")
    if field.kind == "bool":
        return block.yes_no("value")
    if isinstance(block.node("value"), yaml.SequenceNode) and not block.texts("value"):
        raise block.fault("key_missing", "value")
    return block.words("value", tuple(field.values)) if field.values else block.texts("value")


RULE_KEYS = (
    "id", "part", "title", "scope", "unit", "comparator", "value", "where", "force",
    "force_word",
    "effective_from", "effective_until", "target_date", "period", "basis", "clause",
    "reads", "kinds", "roles", "roles_except", "assumptions", "lists", "tolerance_m2",
)  # fmt: skip
CLAUSE_KEYS = ("document", "place")


def parse_rule(block: Block, documents: Mapping[str, Document]) -> Rule:
    """Read one rule.

    ``documents``: Documents known, by id: a rule that states no dates has those of its document.

    Raises PolicyError: What is wrong, with its line.
    """
    clause = _clause(block)
    document = documents.get(clause.document_id)
    unit = block.word("unit", UNITS)
    reads = columns_read(block)
    where = conditions(block, reads)
    names_task = any((condition.layer, condition.column) == TASK for condition in where)
    rule = Rule(
        rule_id=block.text("id"),
        part=block.optional_text("part") or "",
        title=block.text("title"),
        scope=_scope(block),
        unit=unit,
        comparator=block.word("comparator", COMPARATORS),
        value=_parse_rule_value(block, names_task=names_task),
        force=block.word("force", FORCES),
        force_word=block.text("force_word"),
        effective_from=_effective(block, "effective_from", document),
        effective_until=_effective(block, "effective_until", document),
        target_date=block.date("target_date"),
        period=_period(block),
        basis=block.word("basis", BASES),
        clause=clause,
        reads=reads,
        assumptions=block.texts("assumptions"),
        lists=block.texts("lists"),
        tolerance_m2=block.number("tolerance_m2") if block.has("tolerance_m2") else 0.0,
        pack=block.source,
        line=block.line,
        where=where,
        kinds=block.words("kinds", tuple(CONSTRAINT_KINDS)),
        roles=block.texts("roles"),
        roles_except=block.texts("roles_except"),
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
    return PolicyError("pack_citation_missing", pack=block.source, line=line, rule=rule)


def _scope(block: Block) -> tuple[Scope, ...]:
    block.node("scope")
    return block.words("scope", SCOPES)


def _parse_rule_value(block: Block, *, names_task: bool) -> Value:
    """Give the threshold in the form that the comparator asks for, None where it is a task."""
    comparator = block.word("comparator", COMPARATORS)
    if comparator == "between":
        ends = block.numbers("value")
        if len(ends) != PAIR or ends[0] > ends[1]:
            raise PolicyError(
                "pack_between_two", pack=block.source, line=block.line_of("value"), key="value"
            )
        return ends[0], ends[1]
    if comparator == "tiers":
        return _tiers(block)
    if comparator in ("list_empty", "none") and not block.has("value"):
        return None
    if comparator == ">=" and names_task and not block.has("value"):
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
            raise PolicyError("pack_tiers_order", pack=block.source, line=blocks[position].line)
    if not tiers:
        raise block.fault("key_missing", "value")
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
    if len(years) != PAIR or years[0] > years[1]:
        raise PolicyError(
            "pack_between_two", pack=block.source, line=block.line_of("period"), key="period"
        )
    if not all(year.is_integer() for year in years):
        raise PolicyError("pack_not_year", pack=block.source, line=block.line_of("period"))
    return int(years[0]), int(years[1])


def _check_unit(block: Block, rule: Rule) -> None:
    """Hold the unit against the comparator and the value."""
    if rule.comparator == "share" and rule.unit != "share":
        raise PolicyError(
            "pack_unit_unfit", pack=block.source, line=block.line_of("unit"), rule=rule.rule_id,
            unit=rule.unit, expected="share",
        )  # fmt: skip
    if not rule.unit and rule.comparator in NUMERIC:
        raise PolicyError(
            "pack_unit_missing", pack=block.source, line=block.line_of("unit"), rule=rule.rule_id
        )
    if rule.unit == "share" and isinstance(rule.value, float) and not 0 <= rule.value <= 1:
        raise PolicyError(
            "pack_share_out_of_range", pack=block.source, line=block.line_of("value"),
            rule=rule.rule_id, value=rule.value,
        )  # fmt: skip


def _check_dates(block: Block, rule: Rule) -> None:
    since, until = rule.effective_from, rule.effective_until
    if since is not None and until is not None and since > until:
        raise PolicyError(
            "pack_dates_reversed", pack=block.source, line=rule.line_of("effective_until"),
            rule=rule.rule_id, since=since, until=until,
        )  # fmt: skip
    if rule.target_date is None:
        return
    # a target that nothing is held against, or that lies before the rule, would never be shown
    starts = since is not None and rule.target_date < since
    if starts or rule.comparator in ("none", "tiers"):
        raise PolicyError(
            "pack_target_without_effect", pack=block.source, line=block.line_of("target_date"),
            rule=rule.rule_id, target_date=rule.target_date,
        )  # fmt: skip
    if rule.period and not rule.period[0] <= int(rule.target_date[:4]) <= rule.period[1]:
        raise PolicyError(
            "pack_target_outside_period", pack=block.source, line=block.line_of("target_date"),
            rule=rule.rule_id, target_date=rule.target_date, first=rule.period[0],
            last=rule.period[1],
        )  # fmt: skip


PACK_KEYS = (
    "name", "title", "edition", "extends", "documents", "assumptions", "lists", "roles",
    "switched_off", "rules",
)  # fmt: skip
DOCUMENT_KEYS = (
    "id", "title", "number", "issued_on", "effective_from", "effective_until", "note", "quotes",
)  # fmt: skip
QUOTE_KEYS = ("place", "text")
SWITCHED_OFF_KEYS = ("id", "part", "why")
ASSUMPTION_KEYS = ("id", "text", "settings")
LIST_KEYS = ("id", "title", "industry_scheme", "codes", "basis", "note")
ROLE_KEYS = ("id", "title", "names", "codes", "is_single")


def parse_pack(text: str, name: str, bases: Mapping[str, str] | None = None) -> Pack:
    r"""Read a policy pack.

    Parameters
    ----------
    text
        The pack (YAML).
    name
        Its name; the pack must state the same.
    bases
        Texts of the packs it may extend, by name. What the pack states replaces what its base
        states: a rule by id and part, a document, assumption or list by id; what it switches off
        is left out.

    Returns
    -------
    Pack
        The pack, complete with what it extends.

    Raises
    ------
    PolicyError
        Whatever is wrong first, with its line: unknown, repeated or missing key, missing citation,
        overlapping dates of one rule and part, unit that doesn't fit, unknown word, wrong type,
        unknown document, assumption, list, layer, column or base.

    Examples
    --------
    >>> parse_pack("name: empty\ntitle: 空\nedition: '1'\nrules: []\n", "empty").rules
    ()
    >>> parse_pack("name: empty\nrulez: []\n", "empty")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    platforms.errors.PolicyError: ('pack_key_unknown', {'pack': 'empty', 'line': 2, ...
    """
    return _resolve(text, name, bases or {}, (name,))


@lru_cache(maxsize=8)  # 30 ms each, and every page drawn lists them all
def _read(text: str, name: str) -> Pack | Block:
    """Give the pack; where it extends another, what it states itself."""
    top = read_block(text, name, pack_error, PACK_KEYS)
    if top.has("extends"):
        return top
    pack = _unmerged(top, name, {})
    if pack.switched_off:
        raise PolicyError("pack_off_without_base", pack=name, line=pack.switched_off[0].line)
    check_references(pack)
    return pack


def _resolve(text: str, name: str, bases: Mapping[str, str], chain: tuple[str, ...]) -> Pack:
    top = _read(text, name)
    if isinstance(top, Pack):
        return top
    wanted, line = top.text("extends"), top.line_of("extends")
    if wanted in chain:
        raise PolicyError("pack_extends_itself", pack=name, line=line, base=wanted)
    if wanted not in bases:
        raise PolicyError(
            "pack_base_unknown", pack=name, line=line, base=wanted,
            nearest=nearest_name(wanted, bases) or "–",
        )  # fmt: skip
    base = _resolve(bases[wanted], wanted, bases, (*chain, wanted))
    of_pack = _unmerged(top, name, base.documents)
    whole = combine_packs((switch_off(base, of_pack), of_pack))
    check_references(whole)
    return whole


def _unmerged(top: Block, name: str, inherited: Mapping[str, Document]) -> Pack:
    if top.text("name") != name:
        raise PolicyError(
            "pack_name_differs", pack=name, line=top.line_of("name"), stated=top.text("name")
        )
    documents = [_document(block) for block in top.blocks("documents", DOCUMENT_KEYS)]
    top.check_ids("documents", top.blocks("documents", DOCUMENT_KEYS))
    assumptions = [_assumption(block) for block in top.blocks("assumptions", ASSUMPTION_KEYS)]
    top.check_ids("assumptions", top.blocks("assumptions", ASSUMPTION_KEYS))
    lists = [_code_list(block) for block in top.blocks("lists", LIST_KEYS)]
    top.check_ids("lists", top.blocks("lists", LIST_KEYS))
    roles = [_role(block) for block in top.blocks("roles", ROLE_KEYS)]
    top.check_ids("roles", top.blocks("roles", ROLE_KEYS))
    by_document = {d.document_id: d for d in documents}
    top.node("rules")
    return Pack(
        name=name,
        title=top.text("title"),
        edition=top.text("edition"),
        documents=by_document,
        assumptions={a.assumption_id: a for a in assumptions},
        lists={entry.list_id: entry for entry in lists},
        roles={role.role_id: role for role in roles},
        rules=tuple(
            parse_rule(block, {**inherited, **by_document})
            for block in top.blocks("rules", RULE_KEYS)
        ),
        switched_off=tuple(
            SwitchedOff(
                block.text("id"), block.optional_text("part"), block.text("why"), block.line
            )
            for block in top.blocks("switched_off", SWITCHED_OFF_KEYS)
        ),
    )


def _document(block: Block) -> Document:
    since, until = block.date("effective_from"), block.date("effective_until")
    if since is not None and until is not None and since > until:
        raise PolicyError(
            "pack_document_reversed", pack=block.source, line=block.line_of("effective_until"),
            document=block.text("id"), since=since, until=until,
        )  # fmt: skip
    return Document(
        document_id=block.text("id"),
        title=block.text("title"),
        number=block.optional_text("number"),
        issued_on=block.date("issued_on"),
        effective_from=since,
        effective_until=until,
        note=block.optional_text("note"),
        quotes={
            quote.text("place"): quote.text("text") for quote in block.blocks("quotes", QUOTE_KEYS)
        },
    )


def _assumption(block: Block) -> Assumption:
    settings = block.get("settings", dict[str, Setting]) if block.has("settings") else {}
    return Assumption(block.text("id"), block.text("text"), settings)


def _role(block: Block) -> Role:
    names, codes = block.texts("names"), block.texts("codes")
    if not names and not codes:
        raise block.fault("key_missing", "names")
    return Role(
        role_id=block.text("id"),
        title=block.text("title"),
        names=names,
        codes=codes,
        is_single=block.yes_no("is_single") if block.has("is_single") else False,
        line=block.line,
    )


def _code_list(block: Block) -> CodeList:
    block.node("codes")
    return CodeList(
        list_id=block.text("id"),
        title=block.text("title"),
        industry_scheme=block.word("industry_scheme", tuple(FIELDS["industry_scheme"].values)),
        codes=block.texts("codes"),
        basis=block.word("basis", BASES),
        note=block.optional_text("note"),
    )
