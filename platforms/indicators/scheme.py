"""What a grading scheme of enterprises (亩均论英雄) consists of, and how its file is read.

Weights, base values, caps and class shares are set by each county each year, so they stand in a
file of their own. It is read as strictly as a policy pack: each error names its line.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from geo.units import compare
from layers.contracts import CONTRACTS
from layers.fields import FIELDS
from platforms.errors import PolicyError
from platforms.indicators.firm_measures import MEASURES
from platforms.policy.nodes import Block, block_of
from platforms.policy.text import compose
from platforms.policy.vocabulary import BASES
from platforms.verdict import Basis

SCHEME_KEYS = ("scheme", "title", "year", "scope", "units", "basis", "source", "indicators",
               "multipliers", "bonus", "classes", "exempt", "note")  # fmt: skip
INDICATOR_KEYS = ("id", "weight", "base", "unit", "cap_factor", "floor", "missing", "basis", "note")

Scope = Literal["above_scale", "below_scale", "all"]
Missing = Literal["zero", "average", "exclude"]
By = Literal["rank_pct", "score"]
Test = Literal["is_true", "is_false", "at_least", "at_most", "younger_than_years"]

SCOPES: tuple[Scope, ...] = ("above_scale", "below_scale", "all")
MISSING: tuple[Missing, ...] = ("zero", "average", "exclude")
TESTS: Mapping[str, tuple[str, ...]] = {
    "is_true": ("bool",),
    "is_false": ("bool",),
    "at_least": ("int", "float"),
    "at_most": ("int", "float"),
    "younger_than_years": ("date",),
}
"""Tests of a condition, each with the kinds of column it can be asked of."""


@dataclass(frozen=True)
class Criterion:
    """One indicator of a scheme: it adds ``value / base * weight`` points.

    Attributes
    ----------
    measure
        Key of ``MEASURES``.
    weight
        Points of a firm at the base value; the weights sum to 100.
    base
        Base value [unit of the measure].
    cap_factor
        Most that value / base counts, None for no cap.
    floor
        Least that value / base counts.
    missing
        What a missing value does: counts ``zero``, the ``average`` of the other firms' points, or
        the firm is not graded (``exclude``).
    basis
        Whether the document states all this.
    """

    measure: str
    weight: float
    base: float
    cap_factor: float | None
    floor: float
    missing: Missing
    basis: Basis


@dataclass(frozen=True)
class Condition:
    """What must hold of a firm: a column of ``enterprises`` or ``enterprise_indicators``, a test.

    Attributes
    ----------
    column, test, value
        ``younger_than_years`` counts whole years to the end of the year graded.
    """

    column: str
    test: Test
    value: float


@dataclass(frozen=True)
class Adjustment:
    """What a condition does: ``amount`` points more or less, or a factor; of an exemption nothing.

    Attributes
    ----------
    rule_id, title
        What it is called.
    when
        Firms it holds for.
    amount
        Points (bonus) or factor (multiplier).
    """

    rule_id: str
    title: str
    when: Condition
    amount: float = 0.0


@dataclass(frozen=True)
class GradeClass:
    """One class: up to a share of the ranks [%], or from a score on (None: whatever is left)."""

    grade: str
    limit: float | None


@dataclass(frozen=True)
class Scheme:
    """A grading scheme as read.

    Attributes
    ----------
    name, title, year, basis, source, note
        What it is and where it is stated.
    scope
        Above-scale firms (规上), below-scale ones (规下), or all.
    units
        Units whose firms are graded; empty for all.
    criteria, multipliers, bonus, exempt
        score = sum of points x multipliers + bonus.
    by, classes
        How classes are cut, the best first.
    """

    name: str
    title: str
    year: int
    scope: Scope
    units: tuple[str, ...]
    basis: Basis
    source: str
    note: str
    criteria: tuple[Criterion, ...]
    multipliers: tuple[Adjustment, ...]
    bonus: tuple[Adjustment, ...]
    by: By
    classes: tuple[GradeClass, ...]
    exempt: tuple[Adjustment, ...]


def parse_scheme(text: str, name: str) -> Scheme:
    r"""Read a grading scheme strictly.

    Parameters
    ----------
    text
        The scheme (YAML), as ``data/grading/README.md`` explains it.
    name
        Name of its file; the scheme must state the same.

    Returns
    -------
    Scheme
        The scheme.

    Raises
    ------
    PolicyError
        Whatever is wrong first, with its line: what ``platforms.policy.nodes`` finds, and
        ``scheme_weights_off``, ``scheme_classes_bad``, ``scheme_unit_unfit``,
        ``scheme_number_bad``, ``scheme_test_unfit``.

    Examples
    --------
    >>> parse_scheme("scheme: a\nwieght: 1\n", "a")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    platforms.errors.PolicyError: ('pack_key_unknown', {'pack': 'a', 'line': 2, ...
    """
    top = block_of(compose(text, name), name, SCHEME_KEYS)
    if top.text("scheme") != name:
        raise PolicyError(
            "pack_name_differs", pack=name, line=top.line_of("scheme"), stated=top.text("scheme")
        )
    source = top.block("source", ("document", "place"))
    criteria = _criteria(top)
    by, classes = _classes(top)
    return Scheme(
        name=name,
        title=top.text("title"),
        year=_year(top),
        scope=top.word("scope", SCOPES),  # type: ignore[arg-type]
        units=top.texts("units"),
        basis=top.word("basis", BASES),  # type: ignore[arg-type]
        source=" ".join(filter(None, (source.text("document"), source.optional_text("place")))),
        note=top.optional_text("note") or "",
        criteria=criteria,
        multipliers=_adjustments(top, "multipliers", "factor"),
        bonus=_adjustments(top, "bonus", "points"),
        by=by,
        classes=classes,
        exempt=_adjustments(top, "exempt", None),
    )


def _year(top: Block) -> int:
    year = top.number("year")
    if not year.is_integer() or not 1990 <= year <= 2100:
        raise _bad_number(top, "year", year)
    return int(year)


def _criteria(top: Block) -> tuple[Criterion, ...]:
    top.node("indicators")
    blocks = top.blocks("indicators", INDICATOR_KEYS)
    criteria = tuple(_criterion(block) for block in blocks)
    _refuse_twice(top.pack, "indicators", blocks, [one.measure for one in criteria])
    total = math.fsum(one.weight for one in criteria)
    if compare(total, 100.0) != 0:
        line = top.line_of("indicators")
        raise PolicyError("scheme_weights_off", pack=top.pack, line=line, total=total)
    return criteria


def _criterion(block: Block) -> Criterion:
    measure = block.word("id", tuple(MEASURES))
    unit = block.text("unit")
    if unit != MEASURES[measure].unit:
        raise PolicyError(
            "scheme_unit_unfit", pack=block.pack, line=block.line_of("unit"), indicator=measure,
            unit=unit, expected=MEASURES[measure].unit,
        )  # fmt: skip
    floor = block.number("floor")
    cap = block.number("cap_factor") if block.has("cap_factor") else None
    if "cap_factor" not in block.nodes:
        # No cap is a choice that has to be written down: null.
        raise PolicyError("pack_key_missing", pack=block.pack, line=block.line, key="cap_factor")
    if cap is not None and not cap > max(floor, 0.0):
        raise _bad_number(block, "cap_factor", cap)
    return Criterion(
        measure, _positive(block, "weight"), _positive(block, "base"), cap, floor,
        block.word("missing", MISSING),  # type: ignore[arg-type]
        block.word("basis", BASES),  # type: ignore[arg-type]
    )  # fmt: skip


def _classes(top: Block) -> tuple[By, tuple[GradeClass, ...]]:
    """Read the classes: shares rise to 100 %, scores fall and the last class takes the rest."""
    inner = top.block("classes", ("by", "steps"))
    by: By = inner.word("by", ("rank_pct", "score"))  # type: ignore[assignment]
    key = "to" if by == "rank_pct" else "from"
    inner.node("steps")
    steps = inner.blocks("steps", ("id", key))
    classes = tuple(
        GradeClass(step.text("id"), step.number(key) if step.has(key) else None) for step in steps
    )
    _refuse_twice(top.pack, "classes", steps, [one.grade for one in classes])
    limits = [one.limit for one in classes]
    for step, (higher, lower) in zip(steps[1:], pairwise(limits), strict=True):
        is_last = step is steps[-1]
        if by == "rank_pct":
            fits = higher is not None and lower is not None and 0 < higher < lower
        else:
            fits = higher is not None and (is_last if lower is None else higher > lower)
        if not fits:
            raise PolicyError("scheme_classes_bad", pack=top.pack, line=step.line_of(key), by=by)
    ends_well = bool(limits) and limits[-1] == (100.0 if by == "rank_pct" else None)
    if not ends_well:
        line = steps[-1].line_of(key) if steps else inner.line_of("steps")
        raise PolicyError("scheme_classes_bad", pack=top.pack, line=line, by=by)
    return by, classes


def _adjustments(top: Block, key: str, amount: str | None) -> tuple[Adjustment, ...]:
    keys = ("id", "title", "when") if amount is None else ("id", "title", "when", amount)
    blocks = top.blocks(key, keys)
    found = tuple(
        Adjustment(
            block.text("id"), block.text("title"), _condition(block),
            0.0 if amount is None else block.number(amount),
        )
        for block in blocks
    )  # fmt: skip
    _refuse_twice(top.pack, key, blocks, [one.rule_id for one in found])
    for block, one in zip(blocks, found, strict=True):
        if amount == "factor" and one.amount <= 0:
            raise _bad_number(block, "factor", one.amount)
    return found


def _condition(block: Block) -> Condition:
    """Read a condition; its test must suit the kind of its column."""
    inner = block.block("when", ("column", "test", "value"))
    known = dict.fromkeys(
        (*CONTRACTS["enterprises"].columns, *CONTRACTS["enterprise_indicators"].columns)
    )
    column = inner.word("column", tuple(known))
    test: Test = inner.word("test", tuple(TESTS))  # type: ignore[assignment]
    asks_value = not test.startswith("is_")
    if FIELDS[column].kind not in TESTS[test] or asks_value != inner.has("value"):
        raise PolicyError(
            "scheme_test_unfit", pack=inner.pack, line=inner.line_of("test"), test=test,
            column=column,
        )  # fmt: skip
    return Condition(column, test, inner.number("value") if asks_value else 0.0)


def _positive(block: Block, key: str) -> float:
    value = block.number(key)
    if not value > 0:
        raise _bad_number(block, key, value)
    return value


def _bad_number(block: Block, key: str, value: float) -> PolicyError:
    return PolicyError(
        "scheme_number_bad", pack=block.pack, line=block.line_of(key), key=key, value=value
    )


def _refuse_twice(pack: str, key: str, blocks: Sequence[Block], ids: Sequence[str]) -> None:
    for position, name in enumerate(ids):
        if name in ids[:position]:
            line = blocks[position].line
            raise PolicyError("pack_id_twice", pack=pack, line=line, key=key, id=name)
