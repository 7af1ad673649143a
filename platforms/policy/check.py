"""Figure + dated rule -> verdict; compare verdicts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.units import PRINTED_MU, PRINTED_SHARE, compare, compare_printed
from platforms.errors import PolicyError
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.pack import Rule
from platforms.policy.run_memo import Computed, RunMemo
from platforms.policy.uncertain import SIGNS, Maybe, conditions_on, rows_meeting
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.results import (
    Arrays,
    arrays_of_frame,
    content_of,
    content_of_frame,
    frame_of_arrays,
    results_of,
)
from platforms.source import LayerSource
from platforms.territory import assessed_units, major_rows

PRINTED = "S20"
"""The assumption by which figures on land count as they are printed."""


def holds(rule: Rule, measured: float) -> bool:
    """Say whether a figure meets a rule's threshold.

    ``measured``: Unrounded figure [unit of the rule].

    True where it meets it; within a relative 1e-9 it equals the threshold. A figure that rests on
    areas of land counts against a least value as it is printed, where the rule says so (S20).

    Raises PolicyError: ``rule_without_number`` where the comparator needs a number that the rule
    doesn't have.
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
    if PRINTED in rule.assumptions and rule.comparator in ("share", ">="):
        step = PRINTED_SHARE if rule.unit == "share" else PRINTED_MU
        return compare_printed(measured, rule.number, step) >= 0
    return compare(measured, rule.number) in SIGNS[rule.comparator]


def threshold_for(rule: Rule, measured: float | None) -> float | None:
    """Give the threshold a figure stands against.

    ``measured``: The figure [unit of the rule], None where it is missing.

    The number of the rule; of a range the lower end where the figure lies below it, else the upper
    end [unit of the rule]; of steps the end of the one it falls into. Of a rule that is never
    judged the amount that its distance is shown to (左右), None where it names none; None of a
    rule held against a task, which the check puts in its place.
    """
    if rule.comparator == "none" or rule.is_against_task:
        return rule.value if isinstance(rule.value, float) else None
    if rule.comparator == "tiers":
        ends = [tier.up_to for tier in rule.tiers if tier.up_to is not None]
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

    ``measured``: Unrounded figure [unit of the rule]; None is ``no_data``.
    ``outcome``: The outcome where it doesn't follow from the figure alone. A rule that is never
      judged (comparator ``none``) is ``not_applicable`` once there is a figure.
    ``part``: Part of the rule where it says more than the pack's (a pollutant).

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


def outcome_between(rule: Rule, low: float, high: float) -> Outcome:
    """Judge a figure of which only is known that it lies between two bounds.

    ``low, high``: Least and greatest figure there can be [unit of the rule]; NaN where nothing is
      known.

    ``met`` or ``not_met`` where every figure between the bounds is, else ``no_data``.

    Raises PolicyError: ``rule_without_number``, as ``holds``.
    """
    if np.isnan(low) or np.isnan(high):
        return "no_data"
    is_met = holds(rule, low)
    if is_met != holds(rule, high):
        return "no_data"
    # One bound may lie below a range and the other above it, and a figure between them in it.
    first, last = rule.bounds if rule.comparator == "between" else (rule.number, rule.number)
    if not is_met and compare(low, first) < 0 and compare(high, last) > 0:
        return "no_data"
    return "met" if is_met else "not_met"


def judge_between(
    dated: DatedRule,
    low: float,
    high: float,
    *,
    measured: float | None = None,
    unit_id: str | None = None,
    platform_id: str | None = None,
    year: int | None = None,
    evidence: tuple[Evidence, ...] = (),
    reasons: tuple[Statement, ...] = (),
    undecided: tuple[Statement, ...] = (),
) -> Verdict:
    """Make the verdict of a figure of which only is known that it lies between two bounds.

    ``low, high``: Least and greatest figure there can be [unit of the rule].
    ``measured``: The bound that is shown where the outcome is settled; None for the least.
    ``unit_id, platform_id, year, evidence``: As of ``judge``.
    ``reasons, undecided``: Why it came out so where both bounds agree, and where they don't.

    ``no_data`` where some figures between the bounds meet the rule and others don't.
    """
    is_settled = outcome_between(dated.rule, low, high) != "no_data"
    return judge(
        dated,
        (low if measured is None else measured) if is_settled else None,
        unit_id=unit_id,
        platform_id=platform_id,
        year=year,
        evidence=evidence,
        reasons=reasons if is_settled else undecided,
    )


MANY_ROWS = 1_000
"""Of so many rows the units are kept: fewer are sooner looked up."""


@dataclass(frozen=True)
class CheckJob:
    """One rule to be checked on some units.

    ``rule_id``: The rule.
    ``year``: Year that is counted, up to the as-of date; that of the as-of date where none was
      asked for. Which year a reported figure is of says ``reported_year``.
    ``unit_ids``: Units to judge, within the scope of the rule.
    ``source``: Gives the layers and tables, in ``crs``.
    ``policy``: Rules on the as-of date.
    ``crs``: Projected system in metres.
    ``is_whole_city``: False where only some units were asked for, so that a rule for the city
      isn't.
    ``is_year_asked``: False where ``year`` is only that of the as-of date.
    ``of_run``: What ``per_run`` computed, which is the same in every year; the jobs of one run
      share it.
    """

    rule_id: str
    year: int
    unit_ids: tuple[str, ...]
    source: LayerSource
    policy: PolicySet
    crs: CRS
    is_whole_city: bool = True
    is_year_asked: bool = True
    of_run: RunMemo = field(default_factory=RunMemo, repr=False, compare=False)

    @cached_property
    def _of_rule(self) -> dict[object, object]:
        return {}

    def is_of_year(self, day: str) -> bool:
        """Whether a day (ISO) lies in the year asked; without a year asked every day does."""
        return not self.is_year_asked or day[:4] == str(self.year)

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Read a layer with shapes."""
        return cast("gpd.GeoDataFrame", self.source.read(name))

    def per_run(self, compute: "Callable[[CheckJob], Computed]") -> Computed:
        """Compute something once for all rules of a run.

        What it gives; shared, and not to be changed.
        """
        return self.of_run.once(compute, self.source, self._elsewhere(compute))

    def per_rule(self, compute: "Callable[[CheckJob], Computed]") -> Computed:
        """Compute something once for all parts of the rule, as ``per_run`` for all rules."""
        if compute not in self._of_rule:
            self._of_rule[compute] = compute(self)
        return cast("Computed", self._of_rule[compute])

    def _elsewhere(
        self, compute: "Callable[[CheckJob], Computed]"
    ) -> Callable[[LayerSource, RunMemo], Computed]:
        return lambda source, memo: compute(replace(self, source=source, of_run=memo))

    def assessed(self, layer: str, rows: gpd.GeoDataFrame) -> pd.Series:
        """Give the unit that some rows of a layer are assessed under, found once for all rules."""

        def compute(job: CheckJob) -> pd.Series:
            rows, units = job.layer(layer), job.layer("units")
            if len(rows) < MANY_ROWS:
                return assessed_units(rows, units)
            looked_at = (rows[["unit_id", "geometry"]], units[["unit_id", "unit_kind", "geometry"]])
            content = content_of("assessed_units", *map(content_of_frame, looked_at))

            def arrays() -> Arrays:
                under = assessed_units(*map(gpd.GeoDataFrame, looked_at))
                return arrays_of_frame(under.to_frame("under").reset_index(drop=True))

            kept = results_of(job.source).once(content, arrays)
            return frame_of_arrays(kept)["under"].set_axis(rows.index)

        key = (assessed_units, layer)
        under = self.of_run.once(key, self.source, self._elsewhere(compute))
        return under.reindex(rows.index)

    def platforms(self) -> Iterator[tuple[str, pd.Series]]:
        """Give unit and row of every major platform to be judged, by unit in the order asked."""
        major, under = self.per_run(_assessed_platforms)
        for unit_id in self.unit_ids:
            for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool)):
                yield unit_id, major.iloc[int(position)]


def reported_year(job: CheckJob, on_file: Iterable[int]) -> int:
    """Return the year of a reported yearly figure: the one asked, else the latest complete one.

    ``on_file``: Years of which the figure is on file.

    A year is complete once it ended before the one that is counted. Without one on file it is the
    last full year, of which then something is missing.
    """
    if job.is_year_asked:
        return job.year
    last = job.year - 1
    return max((year for year in on_file if year <= last), default=last)


def year_beside(job: CheckJob, year: int) -> list[Statement]:
    """Say which year a reported figure is of, where nobody asked for one."""
    if job.is_year_asked:
        return []
    if year < job.year - 1:
        return [say("figure_year_older", year=year, last_year=job.year - 1)]
    return [say("figure_year", year=year)]


def target_year(dated: DatedRule) -> int | None:
    """Return the year whose figure a target is judged on once its date has passed, else None."""
    target = dated.rule.target_date
    return int(target[:4]) if target is not None and dated.is_past_target else None


CheckOfYear = Callable[[CheckJob, DatedRule], list[Verdict]]


def with_full_year(judge_year: CheckOfYear) -> CheckOfYear:
    """Set beside what is counted in a running year what the last full one came to.

    ``judge_year``: Judges one year, up to the as-of date; what it computes by ``per_run`` must not
      depend on the year.

    The same verdicts, each of a year that isn't over with a further reason. A year that is over
    stands alone.
    """

    @wraps(judge_year)
    def judge_both(job: CheckJob, dated: DatedRule) -> list[Verdict]:
        verdicts = judge_year(job, dated)
        if job.year != int(job.policy.as_of[:4]):
            return verdicts
        last = job.year - 1
        before = {
            verdict_subject(verdict): verdict
            for verdict in judge_year(job.per_rule(_job_of_full_year), dated)
            if verdict.year == last
        }
        return [
            replace(verdict, reasons=(*verdict.reasons, *_full_year(before, verdict, last)))
            if verdict.year == job.year
            else verdict
            for verdict in verdicts
        ]

    return judge_both


def _job_of_full_year(job: CheckJob) -> CheckJob:
    return replace(job, year=job.year - 1, is_year_asked=True)


def verdict_subject(verdict: Verdict) -> tuple[str, str | None, str | None]:
    """Return part, unit and platform of a verdict."""
    return verdict.part, verdict.unit_id, verdict.platform_id


def _full_year(
    before: dict[tuple[str, str | None, str | None], Verdict], verdict: Verdict, year: int
) -> list[Statement]:
    earlier = before.get(verdict_subject(verdict))
    if earlier is None or earlier.measured is None:
        return [say("full_year_open", year=year)]
    code = "full_year_share" if earlier.unit == "share" else "full_year_amount"
    return [say(code, year=year, value=earlier.measured, unit=earlier.unit)]


def _assessed_platforms(job: CheckJob) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """List the major platforms, and the unit that each is assessed under."""
    major = major_rows(job.layer("major_platforms"))
    return major, job.assessed("major_platforms", major)


def counted_rows(rule: Rule, layer: str, rows: pd.DataFrame) -> Maybe:
    """Say which rows of a layer meet the conditions of a rule (``where``).

    ``layer``: Layer the rows are of; conditions on other layers are left aside.
    ``rows``: The rows, with the columns that the conditions name.

    By position: meets all conditions; open where it may meet them, a value being missing.
    """
    return rows_meeting(rows, conditions_on(rule, layer))


Key = tuple[str, str, str | None, str | None]


@dataclass(frozen=True)
class VerdictChange:
    """One verdict that differs.

    ``rule_id, part, unit_id, platform_id, year``: What is judged.
    ``before, after``: The verdict under the first and the second rules; None where those don't
      hold the rule.
    ``reasons``: What differs: ``change_*``.
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
    by_key = {_key(verdict): verdict for verdict in before}
    new_by_key = {_key(verdict): verdict for verdict in after}
    changes = []
    for key, known in {**by_key, **new_by_key}.items():
        old, new = by_key.get(key), new_by_key.get(key)
        reasons = _reasons(old, new)
        if reasons:
            changes.append(VerdictChange(*key, known.year, old, new, reasons))
    return changes


def _key(verdict: Verdict) -> Key:
    # Not the year: once a target date has passed a rule is judged on the figure of another one.
    return verdict.rule_id, verdict.part, verdict.unit_id, verdict.platform_id


def _reasons(before: Verdict | None, after: Verdict | None) -> tuple[Statement, ...]:
    if before is None:
        return (say("change_rule_added"),)
    if after is None:
        return (say("change_rule_dropped"),)
    reasons = []
    if before.force_status != after.force_status:
        reasons.append(say(f"change_now_{after.force_status}"))
    if before.is_past_target != after.is_past_target:
        reasons.append(
            say("change_past_target" if after.is_past_target else "change_before_target")
        )
    if before.force != after.force:
        reasons.append(say("change_force"))
    if _differ(before.threshold, after.threshold):
        reasons.append(
            say("change_threshold", before=before.threshold, after=after.threshold, unit=after.unit)
        )
    if _differ(before.measured, after.measured):
        reasons.append(
            say("change_measured", before=before.measured, after=after.measured, unit=after.unit)
        )
    if before.basis != after.basis or before.assumptions != after.assumptions:
        reasons.append(say("change_basis"))
    if before.outcome != after.outcome and not reasons:
        reasons.append(say("change_outcome"))
    return tuple(reasons)


def _differ(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return compare(before, after) != 0
