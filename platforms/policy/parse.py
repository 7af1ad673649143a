"""How the text of a policy pack becomes rules: strictly, each error naming its line."""

from collections.abc import Mapping, Sequence

import yaml

from geo.nearest import nearest_name
from layers.fields import FIELDS
from platforms.errors import PolicyError
from platforms.policy.combine import check_references, combine_packs, switch_off
from platforms.policy.nodes import TEXT, Block, block_of
from platforms.policy.parse_rule import RULE_KEYS, parse_rule
from platforms.policy.rules import (
    Assumption,
    CodeList,
    Document,
    Pack,
    Setting,
    SwitchedOff,
)
from platforms.policy.text import compose
from platforms.policy.vocabulary import BASES

PACK_KEYS = (
    "name", "title", "edition", "extends", "documents", "assumptions", "lists", "switched_off",
    "rules",
)  # fmt: skip
DOCUMENT_KEYS = ("id", "title", "number", "issued_on", "effective_from", "effective_until", "note")
SWITCHED_OFF_KEYS = ("id", "part", "why")
ASSUMPTION_KEYS = ("id", "text", "settings")
LIST_KEYS = ("id", "title", "industry_scheme", "codes", "basis", "note")


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


def _resolve(text: str, name: str, bases: Mapping[str, str], chain: tuple[str, ...]) -> Pack:
    top = block_of(compose(text, name), name, PACK_KEYS)
    base = None
    if top.has("extends"):
        wanted, line = top.text("extends"), top.line_of("extends")
        if wanted in chain:
            raise PolicyError("pack_extends_itself", pack=name, line=line, base=wanted)
        if wanted not in bases:
            raise PolicyError(
                "pack_base_unknown", pack=name, line=line, base=wanted,
                nearest=nearest_name(wanted, bases) or "–",
            )  # fmt: skip
        base = _resolve(bases[wanted], wanted, bases, (*chain, wanted))
    own = _own(top, name, {} if base is None else base.documents)
    if base is None and own.switched_off:
        raise PolicyError("pack_off_without_base", pack=name, line=own.switched_off[0].line)
    whole = own if base is None else combine_packs((switch_off(base, own), own))
    check_references(whole)
    return whole


def _own(top: Block, name: str, inherited: Mapping[str, Document]) -> Pack:
    if top.text("name") != name:
        raise PolicyError(
            "pack_name_differs", pack=name, line=top.line_of("name"), stated=top.text("name")
        )
    documents = [_document(block) for block in top.blocks("documents", DOCUMENT_KEYS)]
    assumptions = [_assumption(block) for block in top.blocks("assumptions", ASSUMPTION_KEYS)]
    lists = [_code_list(block) for block in top.blocks("lists", LIST_KEYS)]
    _refuse_twice(top, "documents", [d.document_id for d in documents])
    _refuse_twice(top, "assumptions", [a.assumption_id for a in assumptions])
    _refuse_twice(top, "lists", [entry.list_id for entry in lists])
    by_document = {d.document_id: d for d in documents}
    top.node("rules")
    return Pack(
        name=name,
        title=top.text("title"),
        edition=top.text("edition"),
        documents=by_document,
        assumptions={a.assumption_id: a for a in assumptions},
        lists={entry.list_id: entry for entry in lists},
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
            "pack_document_reversed", pack=block.pack, line=block.line_of("effective_until"),
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
    )


def _assumption(block: Block) -> Assumption:
    settings: dict[str, Setting] = {}
    if block.has("settings"):
        inner = block.block("settings", None)
        for key, node in inner.nodes.items():
            if isinstance(node, yaml.SequenceNode):
                settings[key] = inner.texts(key)
            else:
                settings[key] = inner.text(key) if node.tag == TEXT else inner.number(key)
    return Assumption(block.text("id"), block.text("text"), settings)


def _code_list(block: Block) -> CodeList:
    block.node("codes")
    return CodeList(
        list_id=block.text("id"),
        title=block.text("title"),
        industry_scheme=block.word("industry_scheme", tuple(FIELDS["industry_scheme"].values)),
        codes=block.texts("codes"),
        basis=block.word("basis", BASES),  # type: ignore[arg-type]
        note=block.optional_text("note"),
    )


def _refuse_twice(top: Block, key: str, ids: Sequence[str]) -> None:
    for position, name in enumerate(ids):
        if name in ids[:position]:
            line = top.blocks(key, None)[position].line
            raise PolicyError("pack_id_twice", pack=top.pack, line=line, key=key, id=name)
