"""How far the units fulfilled their yearly tasks, and the two limbs of two years running (B11)."""

from collections.abc import Callable, Sequence

import pandas as pd

from geo.units import compare
from platforms.judge import judge
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say
from platforms.targets.conditions import conditions_on, fitting
from platforms.targets.tally import dated_verdict
from platforms.targets.windows import window_of
from platforms.verdict import Evidence, Verdict

LAYER = "targets"
State = bool | None
"""True or False where it is known, None where data is missing."""


def completion_verdicts(
    targets: pd.DataFrame, all_units: Sequence[str], unit_ids: Sequence[str], policy: PolicySet,
    year: int,
) -> list[Verdict]:  # fmt: skip
    """Judge completion of the year's tasks, and two years running, by limb.

    Parameters
    ----------
    targets
        Table ``targets``. A task is a row of a unit with a target; rows of towns and leaders are
        other tasks.
    all_units
        Every assessed unit: to be last, the scores of all must be known.
    unit_ids
        Units to judge.
    policy
        Rules on the as-of date.
    year
        Year asked.

    Returns
    -------
    list of Verdict
        Three a unit. ``excellence``: the least completion of a task (ratios are never averaged).
        ``last_two_years`` and ``short_two_years``: years in a row up to this one, each by itself.
        A year that isn't over has no completion to judge.

    Notes
    -----
    B11 《进一步推动招大引强工作实施方案》 三（一）.
    """
    own_rows = targets["town"].isna() & targets["leader"].isna() & targets["unit_id"].notna()
    rows = targets[own_rows.to_numpy(dtype=bool)]
    verdicts = []
    for unit_id in unit_ids:
        mine = rows[rows["unit_id"] == unit_id]
        if "excellence" in policy.parts("B11"):
            verdicts.append(_excellence(mine, unit_id, policy, year))

        def short(in_year: int, mine: pd.DataFrame = mine) -> State:
            return _fell_short(_tasks(mine, in_year))

        def last(in_year: int, unit_id: str = unit_id) -> State:
            return _was_last(rows, unit_id, all_units, in_year, policy)

        for part, is_bad in (("last_two_years", last), ("short_two_years", short)):
            if part in policy.parts("B11"):
                verdicts.append(_running(mine, part, is_bad, unit_id, policy, year))
    return verdicts


def completions(tasks: pd.DataFrame) -> pd.Series:
    """Give what part of each task was done: actual ÷ target, missing where it can't be told."""
    target = tasks["target_value"].astype("float64")
    return tasks["actual_value"].astype("float64") / target.where(target > 0)


def _tasks(mine: pd.DataFrame, year: int) -> pd.DataFrame:
    in_year = mine["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)
    return mine[in_year & mine["target_value"].notna().to_numpy(dtype=bool)]


def _excellence(mine: pd.DataFrame, unit_id: str, policy: PolicySet, year: int) -> Verdict:
    dated = policy.rule("B11", "excellence")
    window = window_of(dated.rule, year, policy.as_of)
    tasks = _tasks(mine, year)
    evidence = (Evidence(LAYER, tuple(tasks["target_id"])),) if len(tasks) else ()
    known = completions(tasks).dropna()
    missing = len(tasks) - len(known)
    lacking: Statement | None = None
    if not len(tasks):
        lacking = say("b11_no_tasks", year=year)
    elif not window.has_begun:
        lacking = say("target_not_begun", first=window.first)
    elif missing and (not len(known) or compare(float(known.min()), dated.rule.number) >= 0):
        lacking = say("b11_actuals_missing", count=missing, year=year)
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(lacking,))
    least = str(tasks["indicator"][known.index[int(known.argmin())]])
    said = [say("b11_least", indicator=least, count=len(tasks))]
    if missing:
        said.append(say("b11_actuals_missing", count=missing, year=year))
    return dated_verdict(dated, float(known.min()), window, unit_id, evidence, said)


def _fell_short(tasks: pd.DataFrame) -> State:
    """Say whether any task of a year was left undone."""
    done = completions(tasks)
    known = done.dropna()
    if any(compare(float(value), 1.0) < 0 for value in known):
        return True
    return None if len(known) < len(done) or not len(done) else False


def _was_last(
    rows: pd.DataFrame, unit_id: str, all_units: Sequence[str], year: int, policy: PolicySet
) -> State:
    """Say whether a unit's score was the lowest of all; units that tie for it are all last."""
    conditions = conditions_on(policy.rule("B11", "last_two_years").rule, LAYER)
    named = fitting(rows, conditions).yes & rows["year"].eq(year).fillna(value=False).to_numpy(bool)
    scores = rows[named].set_index("unit_id")["actual_value"].dropna().astype("float64")
    scores = scores[~scores.index.duplicated(keep=False)]
    if unit_id not in scores.index:
        return None
    own = float(scores[unit_id])
    if any(compare(own, float(other)) > 0 for other in scores):
        return False
    return None if set(all_units) - set(scores.index) or len(all_units) < 2 else True


def _running(
    mine: pd.DataFrame,
    part: str,
    is_bad: Callable[[int], State],
    unit_id: str,
    policy: PolicySet,
    year: int,
) -> Verdict:
    """Count the bad years in a row up to the year asked."""
    dated = policy.rule("B11", part)
    window = window_of(dated.rule, year, policy.as_of)
    count, asked = 0, year
    state: State = None if window.is_running else is_bad(asked)
    while state:
        count += 1
        asked -= 1
        state = is_bad(asked)
    used = mine["year"].between(asked, year).fillna(value=False).to_numpy(dtype=bool)
    evidence = (Evidence(LAYER, tuple(mine["target_id"][used])),) if used.any() else ()
    # Where an earlier year isn't known the count may be larger: it only helps once it is too large.
    if state is None and compare(count, dated.rule.number) < 0:
        why = (
            say("target_running", as_of=window.as_of, due=window.due)
            if window.is_running
            else say("b11_year_unknown", year=asked)
        )
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(why,))
    return judge(dated, float(count), unit_id=unit_id, year=year, evidence=evidence)
