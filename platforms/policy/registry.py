"""The registry of checks: which function judges which part of which rule."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from platforms.policy.check import CheckJob
from platforms.policy.in_force import DatedRule
from platforms.policy.verdict import Verdict

CheckFunction = Callable[[CheckJob, DatedRule], list[Verdict]]
GroupedBy = Literal["part", "unit", "platform", "row", "element"]
"""What is shown together of a function that judges several parts: ``part`` by part; the parts of a
``unit``, of a ``platform`` (units first), of a ``row`` of a layer, of an ``element`` (the year's
share and the cumulative one)."""

CUMULATIVE = "_cumulative"


@dataclass(frozen=True)
class Check:
    """A function that judges parts of a rule.

    ``rule_id``: The rule.
    ``parts``: Its parts, in the order in which they are shown; none named: all that no other
      check names.
    ``unit``: Unit that the product measures them in, None where the pack chooses it.
    ``grouped_by``: What is shown together.
    ``judge``: Judges one part: the job, and the part on the as-of date.
    """

    rule_id: str
    parts: tuple[str, ...]
    unit: str | None
    grouped_by: GroupedBy
    judge: CheckFunction


_CHECKS: dict[str, list[Check]] = {}
_MEASURED_ELSEWHERE: dict[str, str] = {"B3": "亩", "B4": "亩"}


def check(
    rule_id: str, *parts: str, unit: str | None = None, grouped_by: GroupedBy = "part"
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function as the check of a rule.

    ``parts``: The parts it judges, ``""`` for the one without a name; none: all that no other
      names.
    ``unit``: Unit that it measures them in, None where the pack chooses it.

    Decorator that gives the function back as it is.

    Raises ValueError: Where another function is registered for the same part.
    """

    def register(judge: CheckFunction) -> CheckFunction:
        checks = _CHECKS.setdefault(rule_id, [])
        registered = {part for each in checks for part in each.parts or (None,)}
        if registered & set(parts or (None,)):
            raise ValueError(f"{rule_id} {parts}: registered twice")
        checks.append(Check(rule_id, parts, unit, grouped_by, judge))
        return judge

    return register


def checked_rules() -> tuple[str, ...]:
    """List the rules that a check is registered for, in the order in which they are shown."""
    return tuple(sorted(_CHECKS, key=lambda rule_id: (rule_id[0], int(rule_id[1:]))))


def check_of(rule_id: str, part: str) -> Check | None:
    """Give the check of a part of a rule.

    The one that names the part, else the one for all parts; None where there is none.
    """
    checks = _CHECKS.get(rule_id, [])
    naming = [each for each in checks if part in each.parts]
    return next(iter([*naming, *(each for each in checks if not each.parts)]), None)


def unit_measured_in(rule_id: str, part: str) -> str | None:
    """Give the unit that the product measures a part of a rule in, None where the pack chooses."""
    registered = check_of(rule_id, part)
    if registered is not None and registered.unit is not None:
        return registered.unit
    return _MEASURED_ELSEWHERE.get(rule_id)


def verdicts_of(job: CheckJob) -> list[Verdict]:
    """Judge a rule.

    By part in the order of the packs, the part without a name last; grouped as the checks state. A
    part without a check has none.
    """
    # the part without a name sums up what those with one are about
    parts = sorted(job.policy.parts(job.rule_id), key=lambda part: part == "")
    registered = {part: check_of(job.rule_id, part) for part in parts}
    verdicts: list[Verdict] = []
    done: set[str] = set()
    for part, each in registered.items():
        if each is None or part in done:
            continue
        together = [part]
        if each.grouped_by != "part":
            together = [
                name for name, other in registered.items()
                if other is not None and other.judge is each.judge
            ]  # fmt: skip
            together.sort(key=partial(_position, each.parts))
        done.update(together)
        judged = [
            verdict
            for name in together
            for verdict in each.judge(job, job.policy.rule(job.rule_id, name))
        ]
        verdicts += _grouped(judged, each.grouped_by, job.unit_ids)
    return verdicts


def _position(listed: tuple[str, ...], part: str) -> int:
    """Return the place of a part among those that a check lists, after them where it isn't."""
    return listed.index(part) if part in listed else len(listed)


def _grouped(
    verdicts: list[Verdict], grouped_by: GroupedBy, unit_ids: tuple[str, ...]
) -> list[Verdict]:
    """Return verdicts by unit and what they speak of in it, each in the order of the parts."""
    if grouped_by == "part":
        return verdicts
    units = {unit_id: place for place, unit_id in enumerate(unit_ids)}
    subjects: dict[Hashable, int] = {}
    for verdict in verdicts:
        subjects.setdefault(_subject(verdict, grouped_by), len(subjects))
    return sorted(
        verdicts,
        key=lambda verdict: (
            grouped_by == "platform" and verdict.platform_id is not None,
            units.get(verdict.unit_id or "", len(units)),
            subjects[_subject(verdict, grouped_by)],
        ),
    )


def _subject(verdict: Verdict, grouped_by: GroupedBy) -> Hashable:
    """Return what a verdict speaks of within its unit."""
    if grouped_by == "platform":
        return verdict.platform_id
    if grouped_by == "row":
        return verdict.evidence[0].rows if verdict.evidence else ()
    if grouped_by == "element":
        return verdict.part.replace(CUMULATIVE, "")
    return None
