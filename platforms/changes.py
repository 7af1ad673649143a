"""Which verdicts change between two dates or two sets of rules, and why (结论变化)."""

from collections.abc import Iterable
from dataclasses import dataclass

from geo.units import compare
from platforms.statement import Statement, say
from platforms.verdict import Verdict

Key = tuple[str, str, str | None, str | None, int | None]


@dataclass(frozen=True)
class VerdictChange:
    """One verdict that differs.

    Attributes
    ----------
    rule_id, part, unit_id, platform_id, year
        What is judged.
    before, after
        The verdict under the first and the second rules; None where those don't hold the rule.
    reasons
        What differs: ``change_*``.
    """

    rule_id: str
    part: str
    unit_id: str | None
    platform_id: str | None
    year: int | None
    before: Verdict | None
    after: Verdict | None
    reasons: tuple[Statement, ...]

    @property
    def is_outcome(self) -> bool:
        """Whether the outcome itself differs."""
        if self.before is None or self.after is None:
            return True
        return self.before.outcome != self.after.outcome


def verdict_changes(before: Iterable[Verdict], after: Iterable[Verdict]) -> list[VerdictChange]:
    """Compare verdicts on one workspace under two dates or two sets of rules.

    Parameters
    ----------
    before, after
        Verdicts as ``run_checks`` gives them.

    Returns
    -------
    list of VerdictChange
        Those that differ in outcome, force by date, threshold, wording's force, basis or figure;
        in the order of ``before``, then what only ``after`` has.

    Examples
    --------
    >>> verdict_changes([], [])
    []
    """
    ones = {_key(verdict): verdict for verdict in before}
    others = {_key(verdict): verdict for verdict in after}
    changes = []
    for key in dict.fromkeys([*ones, *others]):
        one, other = ones.get(key), others.get(key)
        reasons = _reasons(one, other)
        if reasons:
            changes.append(VerdictChange(*key, one, other, reasons))
    return changes


def _key(verdict: Verdict) -> Key:
    return verdict.rule_id, verdict.part, verdict.unit_id, verdict.platform_id, verdict.year


def _reasons(before: Verdict | None, after: Verdict | None) -> tuple[Statement, ...]:
    if before is None:
        return (say("change_rule_added"),)
    if after is None:
        return (say("change_rule_dropped"),)
    found = []
    if before.force_status != after.force_status:
        found.append(say(f"change_now_{after.force_status}"))
    if before.is_past_target != after.is_past_target:
        found.append(say("change_past_target" if after.is_past_target else "change_before_target"))
    if before.force != after.force:
        found.append(say("change_force"))
    if _differ(before.threshold, after.threshold):
        found.append(
            say("change_threshold", before=before.threshold, after=after.threshold, unit=after.unit)
        )
    if _differ(before.measured, after.measured):
        found.append(
            say("change_measured", before=before.measured, after=after.measured, unit=after.unit)
        )
    if before.basis != after.basis or before.assumptions != after.assumptions:
        found.append(say("change_basis"))
    if before.outcome != after.outcome and not found:
        found.append(say("change_outcome"))
    return tuple(found)


def _differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return compare(one, other) != 0
