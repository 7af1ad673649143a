"""What a pack consists of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from geo.tools import plain_name
from platforms.errors import PolicyError
from platforms.policy.verdict import Basis, Force

Comparator = Literal[
    ">=", ">", "<=", "<", "==", "between", "tiers", "share", "list_empty", "none"
]  # fmt: skip
Scope = Literal[
    "U7", "U9", "Z2", "P", "city", "zone", "park", "parcel", "allotment", "enterprise", "project",
    "leader", "department",
]  # fmt: skip

COMPARATORS: tuple[Comparator, ...] = get_args(Comparator)
"""``share`` is a part of a whole (0–1) that must reach the value; ``list_empty`` a list of
offenders that must be empty (with a value: their total may not exceed it); ``none`` is shown and
never judged (with a value: the distance to it is shown, as for 左右)."""

NUMERIC = (">=", ">", "<=", "<", "==", "between", "tiers")
"""Comparators whose threshold is an amount, which means nothing without its unit."""

CONDITION_COMPARATORS: tuple[Comparator, ...] = (">=", ">", "<=", "<", "==")
"""How a condition of ``where`` may compare a column; words and yes/no only by ``==``."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Who is assessed: U7 the county-level units, Z2 the functional zones, U9 both, P each platform."""

FORCES: tuple[Force, ...] = get_args(Force)
BASES: tuple[Basis, ...] = get_args(Basis)

TASK = ("targets", "indicator")
"""Layer and column by which a condition names the task that a rule is held against."""

UNITS = (
    "", "个", "家", "人", "项", "期", "级", "位", "亩", "m", "share", "万元/亩", "亿元", "万元",
    "亿美元", "吨标煤", "吨", "日", "天", "工作日", "月", "年",
    "次", "次/周", "次/双周", "次/月", "次/季", "次/半年", "次/年",
)  # fmt: skip
"""Units a threshold may be stated in; ``share`` is 0–1, 日 a day of the month, 天 a span."""

Setting = float | str | tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A document that rules cite.

    ``document_id``: Its id in packs.
    ``title, number``: Title and 文号 (None: 未载明).
    ``issued_on``: Date of issue (ISO), None: 未载明.
    ``effective_from, effective_until``: First and last day in force (ISO), None: 未载明.
    ``note``: Where it was read, and what about its dates isn't certain.
    ``quotes``: What it says, briefly, by place (条款).
    """

    document_id: str
    title: str
    number: str | None
    issued_on: str | None
    effective_from: str | None
    effective_until: str | None
    note: str | None = None
    quotes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def quoted(self, place: str) -> str:
        """Return what it says at a place, of several places (``；``) one after the other."""
        texts = (self.quotes.get(each.strip()) for each in place.split("；"))
        return " ".join(text for text in texts if text)

    @property
    def short_name(self) -> str:
        """How a citation names it: the number, else the title in 《》."""
        return self.number or f"《{self.title}》"


@dataclass(frozen=True)
class Assumption:
    """The reading chosen where the documents leave a term open.

    ``assumption_id``: S1 ...
    ``text``: The reading in words.
    ``settings``: Its values, by name, where the computation takes any.
    """

    assumption_id: str
    text: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class CodeList:
    """A list of industry codes that a rule refers to.

    ``list_id, title``: Its id and Chinese name.
    ``industry_scheme``: Scheme of the codes.
    ``codes``: The codes; a longer code begins with one of them.
    ``basis``: ``assumed`` where no document lists them.
    ``note``: Where the list comes from.
    """

    list_id: str
    title: str
    industry_scheme: str
    codes: tuple[str, ...]
    basis: Basis
    note: str | None


@dataclass(frozen=True)
class Role:
    """A part that a unit plays in the rules: known by its code or by any of its official names.

    ``role_id, title``: Its id and Chinese name.
    ``names``: Every official name of the units that may play it; brackets and blanks don't matter.
    ``codes``: Their ids in the layer ``units``, where they are fixed.
    ``is_single``: Whether one unit alone plays it.
    ``line``: Where it is written.
    """

    role_id: str
    title: str
    names: tuple[str, ...]
    codes: tuple[str, ...]
    is_single: bool
    line: int

    def is_carried_by(self, unit_id: str | None, name: str | None) -> bool:
        """Whether a unit plays it, by its id or its name."""
        plain = plain_name(name)
        return unit_id in self.codes or (
            plain is not None and plain in {plain_name(each) for each in self.names}
        )


@dataclass(frozen=True)
class Tier:
    """One step of a rule with steps: up to and including ``up_to`` (None: no end)."""

    up_to: float | None
    gives: str

    @property
    def steps(self) -> tuple[str, ...]:
        """What it gives, step by step (``县长办公会议审议 → 县长审批``)."""
        return tuple(step.strip() for step in self.gives.split("→"))


@dataclass(frozen=True)
class Condition:
    """Which rows of a layer a rule counts: those whose column compares so with the value.

    ``layer, column``: The column.
    ``comparator``: One of ``>= > <= < ==``; words and yes/no compare by ``==`` only.
    ``value``: A number [unit of the column], yes/no, or words of which any one fits.
    """

    layer: str
    column: str
    comparator: Comparator
    value: float | bool | tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """The place in a document: its id, and 条款 as a reader finds it."""

    document_id: str
    place: str


Value = float | tuple[float, float] | tuple[Tier, ...] | None


@dataclass(frozen=True)
class Rule:
    """One test of one rule, for the dates it holds.

    ``rule_id, part``: Rule, and the test in it where it has several.
    ``title``: What is measured, in Chinese.
    ``scope``: Who is assessed.
    ``unit, comparator, value``: The threshold; without a value ``>=`` holds a figure against each
      unit's own task of the year.
    ``where``: Conditions, all of them, on the rows that are counted.
    ``force, force_word``: Force of the wording, and the word itself.
    ``effective_from, effective_until``: First and last day in force (ISO), None where the
      document states none.
    ``target_date``: Day by which a target is to be reached (ISO), None where it has none.
    ``period``: First and last year of a target over several years.
    ``basis``: Whether the documents say so, it follows from them, or it is assumed.
    ``clause``: Where it stands.
    ``reads``: Layers and columns it is computed from.
    ``kinds``: Kinds of constraint that must be on file where it is judged.
    ``roles, roles_except``: Ids of roles: it speaks of units that carry one of the first, where
      any is named, and none of the second.
    ``assumptions, lists``: Ids of the assumptions and lists of codes it rests on.
    ``tolerance_m2``: Area [m²] that may be overlooked where outlines are drawn by hand.
    ``pack, line, lines``: Where it is written, and each of its keys.
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
    reads: Mapping[str, tuple[str, ...]]
    assumptions: tuple[str, ...]
    lists: tuple[str, ...]
    tolerance_m2: float
    pack: str
    line: int
    where: tuple[Condition, ...] = ()
    kinds: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    roles_except: tuple[str, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """Give the line of one of its keys, of the rule where the key isn't stated."""
        return self.lines.get(key, self.line)

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
    def is_against_task(self) -> bool:
        """Whether each unit's own task of the year, named by its conditions, is the threshold."""
        return self.value is None and self.comparator == ">="

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The steps of a rule that has some, in their order; empty where it has none."""
        value = self.value if isinstance(self.value, tuple) else ()
        return tuple(tier for tier in value if isinstance(tier, Tier))

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
class SwitchedOff:
    """A rule of the extended pack that doesn't hold here: all parts of it where none is named."""

    rule_id: str
    part: str | None
    why: str
    line: int


@dataclass(frozen=True)
class Pack:
    """A policy pack as read.

    ``name, title, edition``: Its name, what it is, and its edition.
    ``documents, assumptions, lists``: By id.
    ``rules``: In the order written.
    ``switched_off``: Rules of the pack it extends that it switches off, each with the reason.
    ``roles``: By id.
    """

    name: str
    title: str
    edition: str
    documents: Mapping[str, Document]
    assumptions: Mapping[str, Assumption]
    lists: Mapping[str, CodeList]
    rules: tuple[Rule, ...]
    switched_off: tuple[SwitchedOff, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
