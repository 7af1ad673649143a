"""How packs go together: what a later one states replaces what an earlier one states."""

from collections.abc import Sequence
from dataclasses import replace

from geo.nearest import nearest_name
from platforms.errors import PolicyError
from platforms.policy.rules import Pack, Rule, SwitchedOff


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
        stated = {rule.key for rule in pack.rules}
        kept = tuple(rule for rule in whole.rules if rule.key not in stated)
        whole = replace(
            whole,
            name=f"{whole.name}+{pack.name}",
            title=f"{whole.title}+{pack.title}",
            edition=f"{whole.edition}+{pack.edition}",
            documents={**whole.documents, **pack.documents},
            assumptions={**whole.assumptions, **pack.assumptions},
            lists={**whole.lists, **pack.lists},
            rules=kept + pack.rules,
            switched_off=whole.switched_off + pack.switched_off,
        )
    return whole


def switch_off(base: Pack, own: Pack) -> Pack:
    """Leave out of a base what the pack that extends it switches off.

    Parameters
    ----------
    base
        The pack that is extended.
    own
        What the extending pack states.

    Returns
    -------
    Pack
        The base without those rules.

    Raises
    ------
    PolicyError
        ``pack_off_unknown`` with the nearest rule of the base, ``pack_off_and_stated`` where the
        pack states the same rule and part itself.
    """
    kept = list(base.rules)
    for off in own.switched_off:
        gone = [rule for rule in kept if _is_off(rule, off)]
        if not gone:
            named = off.rule_id if off.part is None else f"{off.rule_id} {off.part}"
            known = sorted({rule.rule_id for rule in base.rules}) + sorted(
                {f"{rule.rule_id} {rule.part}" for rule in base.rules if rule.part}
            )
            raise PolicyError(
                "pack_off_unknown", pack=own.name, line=off.line, rule=named,
                nearest=nearest_name(named, known),
            )  # fmt: skip
        for rule in own.rules:
            if _is_off(rule, off):
                raise PolicyError(
                    "pack_off_and_stated", pack=own.name, line=off.line, rule=rule.rule_id,
                    part=rule.part, other_line=rule.line,
                )  # fmt: skip
        kept = [rule for rule in kept if not _is_off(rule, off)]
    return replace(base, rules=tuple(kept))


def _is_off(rule: Rule, off: SwitchedOff) -> bool:
    return rule.rule_id == off.rule_id and off.part in (None, rule.part)


def check_references(pack: Pack) -> None:
    """Hold every rule against what it refers to, and the dates of one rule against each other.

    Parameters
    ----------
    pack
        A pack, complete with what it extends.

    Raises
    ------
    PolicyError
        ``pack_document_unknown``, ``pack_assumption_unknown``, ``pack_list_unknown``,
        ``pack_assumption_missing`` where a rule is assumed, or uses an assumed list, and names no
        assumption, ``pack_dates_overlap``.
    """
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
    """Refuse a rule whose document, assumption or list isn't there, or which leans on none."""
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
    # what is assumed is badged by the assumption it names; without one nobody could look it up
    leans = rule.basis == "assumed" or any(pack.lists[n].basis == "assumed" for n in rule.lists)
    if leans and not rule.assumptions:
        raise PolicyError(
            "pack_assumption_missing", pack=rule.pack, line=rule.line, rule=rule.rule_id,
            part=rule.part,
        )  # fmt: skip


def _overlap(one: Rule, other: Rule) -> bool:
    """Say whether two spans of days, ends included, share a day; None has no end."""
    first, last = "0000-00-00", "9999-99-99"
    return (one.effective_from or first) <= (other.effective_until or last) and (
        other.effective_from or first
    ) <= (one.effective_until or last)
