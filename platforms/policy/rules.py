"""What a policy pack consists of: documents, rules, assumptions, lists of codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from platforms.errors import PolicyError
from platforms.verdict import Basis, Force

Comparator = Literal[">=", ">", "<=", "<", "==", "between", "tiers", "share", "list_empty"]
Evaluator = Literal["check", "shares", "match", "ledger", "table"]
Scope = Literal[
    "U7", "U9", "P", "city", "zone", "park", "parcel", "allotment", "enterprise", "project"
]
Setting = float | str | tuple[str, ...]

COMPARATORS = (">=", ">", "<=", "<", "==", "between", "tiers", "share", "list_empty")
"""``share`` is a part of a whole (0–1) that must reach the value; ``list_empty`` a list of
offenders that must be empty (with a value: their total may not exceed it)."""

EVALUATORS = ("check", "shares", "match", "ledger", "table")
"""Which job computes a rule."""

SCOPES = ("U7", "U9", "P", "city", "zone", "park", "parcel", "allotment", "enterprise", "project")
"""Who is assessed: U7 the county-level units, U9 with the functional zones, P each platform."""

FORCES = ("mandatory", "principle", "target", "guidance")
BASES = ("cited", "derived", "assumed")

UNITS = (
    "", "个", "家", "人", "项", "亩", "share", "万元/亩", "亿元", "万元", "亿美元", "吨标煤", "吨",
    "天", "月",
)  # fmt: skip
"""Units a threshold may be stated in; ``share`` is 0–1."""

COMPUTED_UNITS: Mapping[str, str] = {
    "A1": "个", "A2": "亩", "A8": "万元/亩", "A9": "万元/亩", "A13": "share", "A18": "亩",
    "B1": "share", "B3": "亩", "B4": "亩",
}  # fmt: skip
"""Unit that the product measures a rule in; a pack that states another one is refused."""


@dataclass(frozen=True)
class Document:
    """A document that rules cite.

    Attributes
    ----------
    document_id
        Its id in packs.
    title, number
        Title and 文号 (None: 未载明).
    issued_on
        Date of issue (ISO), None: 未载明.
    effective_from, effective_until
        First and last day in force (ISO), None: 未载明.
    """

    document_id: str
    title: str
    number: str | None
    issued_on: str | None
    effective_from: str | None
    effective_until: str | None

    @property
    def short_name(self) -> str:
        """How a citation names it: the number, else the title in 《》."""
        return self.number or f"《{self.title}》"


@dataclass(frozen=True)
class Assumption:
    """The reading chosen where the documents leave a term open.

    Attributes
    ----------
    assumption_id
        S1 ...
    text
        The reading in words.
    settings
        Its values, by name, where the computation takes any.
    """

    assumption_id: str
    text: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class CodeList:
    """A list of industry codes that a rule refers to.

    Attributes
    ----------
    list_id, title
        Its id and Chinese name.
    industry_scheme
        Scheme of the codes.
    codes
        The codes; a longer code begins with one of them.
    basis
        ``assumed`` where no document lists them.
    note
        Where the list comes from.
    """

    list_id: str
    title: str
    industry_scheme: str
    codes: tuple[str, ...]
    basis: Basis
    note: str | None


@dataclass(frozen=True)
class Tier:
    """One step of a rule with steps: up to and including ``up_to`` (None: no end)."""

    up_to: float | None
    gives: str


@dataclass(frozen=True)
class Clause:
    """The place in a document: its id, and 条款 as a reader finds it."""

    document_id: str
    place: str


Value = float | tuple[float, float] | tuple[Tier, ...] | None


@dataclass(frozen=True)
class Rule:
    """One test of one rule, for the dates it holds.

    Attributes
    ----------
    rule_id, part
        Rule, and the test in it where it has several.
    title
        What is measured, in Chinese.
    scope
        Who is assessed.
    unit, comparator, value
        The threshold.
    force, force_word
        Force of the wording, and the word itself.
    effective_from, effective_until
        First and last day in force (ISO), None where the document states none.
    target_date
        Day by which a target is to be reached (ISO), None where it has none.
    period
        First and last year of a target over several years.
    basis
        Whether the documents say so, it follows from them, or it is assumed.
    clause
        Where it stands.
    evaluator
        Which job computes it.
    reads
        Layers and columns it is computed from.
    assumptions, lists
        Ids of the assumptions and lists of codes it rests on.
    tolerance_m2
        Area [m²] that may be overlooked where outlines are drawn by hand.
    pack, line
        Where it is written.
    """

    rule_id: str
    part: str
    title: str
    scope: tuple[Scope, ...]
    unit: str
    comparator: Comparator
    value: Value
    force: Force
    force_word: str
    effective_from: str | None
    effective_until: str | None
    target_date: str | None
    period: tuple[int, int] | None
    basis: Basis
    clause: Clause
    evaluator: Evaluator
    reads: Mapping[str, tuple[str, ...]]
    assumptions: tuple[str, ...]
    lists: tuple[str, ...]
    tolerance_m2: float
    pack: str
    line: int

    @property
    def key(self) -> tuple[str, str]:
        """Rule and part."""
        return self.rule_id, self.part

    @property
    def number(self) -> float:
        """The threshold as one number [unit of the rule]; ``rule_without_number`` if it has none.

        A list that must be empty without a value tolerates a total of 0.
        """
        if isinstance(self.value, float):
            return self.value
        if self.value is None and self.comparator == "list_empty":
            return 0.0
        raise PolicyError(
            "rule_without_number", pack=self.pack, line=self.line, rule=self.rule_id, part=self.part
        )

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends of a ``between`` [unit of the rule]; ``rule_without_number`` if it has none."""
        if self.comparator == "between" and isinstance(self.value, tuple):
            low, high = self.value
            if isinstance(low, float) and isinstance(high, float):
                return low, high
        raise PolicyError(
            "rule_without_number", pack=self.pack, line=self.line, rule=self.rule_id, part=self.part
        )


@dataclass(frozen=True)
class Pack:
    """A policy pack as read.

    Attributes
    ----------
    name, title, edition
        Its name, what it is, and its edition.
    documents, assumptions, lists
        By id.
    rules
        In the order written.
    """

    name: str
    title: str
    edition: str
    documents: Mapping[str, Document]
    assumptions: Mapping[str, Assumption]
    lists: Mapping[str, CodeList]
    rules: tuple[Rule, ...]
