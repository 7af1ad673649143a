"""How a measured figure and a dated rule become a verdict."""

from geo.units import compare
from platforms.errors import PolicyError
from platforms.policy.dated import DatedRule
from platforms.policy.rules import Rule
from platforms.statement import Statement
from platforms.verdict import Evidence, Outcome, Verdict

SIGNS = {">=": (0, 1), ">": (1,), "<=": (-1, 0), "<": (-1,), "==": (0,), "share": (0, 1)}
"""What ``compare`` must say for each comparator; ``list_empty`` is ``<=`` of the total."""


def holds(rule: Rule, measured: float) -> bool:
    """Say whether a figure meets a rule's threshold.

    Parameters
    ----------
    rule
        The rule.
    measured
        Unrounded figure [unit of the rule].

    Returns
    -------
    bool
        True where it meets it; within a relative 1e-9 it equals the threshold.

    Raises
    ------
    PolicyError
        ``rule_without_number`` where the comparator needs a number that the rule doesn't have.
    """
    if rule.comparator == "between":
        low, high = rule.bounds
        return compare(measured, low) >= 0 and compare(measured, high) <= 0
    if rule.comparator == "list_empty":
        return compare(measured, rule.number) <= 0
    if rule.comparator not in SIGNS:
        raise PolicyError(
            "rule_without_number", pack=rule.pack, line=rule.line, rule=rule.rule_id,
            part=rule.part,
        )  # fmt: skip
    return compare(measured, rule.number) in SIGNS[rule.comparator]


def threshold_for(rule: Rule, measured: float | None) -> float | None:
    """Give the threshold a figure stands against.

    Parameters
    ----------
    rule
        The rule.
    measured
        The figure [unit of the rule], None where it is missing.

    Returns
    -------
    float or None
        The number of the rule; of a range the lower end where the figure lies below it, else the
        upper end [unit of the rule]; of steps the end of the one it falls into. Of a rule that is
        never judged the amount that its distance is shown to (左右), None where it names none.
    """
    if rule.comparator == "none":
        return rule.value if isinstance(rule.value, float) else None
    if rule.comparator == "tiers":
        ends = [one.up_to for one in rule.tiers if one.up_to is not None]
        return next((e for e in ends if measured is not None and compare(measured, e) <= 0), None)
    if rule.comparator == "between":
        low, high = rule.bounds
        return low if measured is not None and compare(measured, low) < 0 else high
    return rule.number


def judge(
    dated: DatedRule,
    measured: float | None,
    *,
    unit_id: str | None = None,
    platform_id: str | None = None,
    year: int | None = None,
    outcome: Outcome | None = None,
    part: str | None = None,
    evidence: tuple[Evidence, ...] = (),
    reasons: tuple[Statement, ...] = (),
) -> Verdict:
    """Make the verdict of one rule on one subject.

    Parameters
    ----------
    dated
        The rule on the as-of date.
    measured
        Unrounded figure [unit of the rule]; None is ``no_data``.
    unit_id, platform_id, year
        The subject.
    outcome
        The outcome where it doesn't follow from the figure alone. A rule that is never judged
        (comparator ``none``) is ``not_applicable`` once there is a figure.
    part
        Part of the rule where it says more than the pack's (a pollutant).
    evidence, reasons
        The rows behind it, and why it came out so.

    Returns
    -------
    Verdict
        With threshold, gap, clause, force by the as-of date, basis and assumptions filled.
    """
    rule = dated.rule
    threshold = threshold_for(rule, measured)
    if outcome is None and measured is not None and rule.comparator == "none":
        outcome = "not_applicable"
    if outcome is None and measured is not None:
        outcome = "met" if holds(rule, measured) else "not_met"
    gap = None if measured is None or threshold is None else measured - threshold
    return Verdict(
        rule_id=rule.rule_id,
        part=rule.part if part is None else part,
        outcome=outcome or "no_data",
        measured=measured,
        threshold=threshold,
        gap=gap,
        unit=rule.unit,
        force=rule.force,
        in_force=dated.in_force,
        force_status=dated.force_status,
        evidence=evidence,
        clause=dated.clause,
        basis=dated.basis,
        assumptions=rule.assumptions,
        unit_id=unit_id,
        platform_id=platform_id,
        year=year,
        is_past_target=dated.is_past_target,
        reasons=reasons,
    )
