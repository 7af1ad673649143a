"""Whether a project may come on the list of major projects (C4), and the floor of its class (C2).

One verdict a part: what is excluded is a duty, the rest are principles, and the two are never
summed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.projects.phases import WholeProject, whole_project
from platforms.projects.rows import Row, project_row, text_of
from platforms.projects.single_project import single_project_faults
from platforms.statement import Statement, say
from platforms.targets.conditions import conditions_on, fitting
from platforms.targets.floors import floor_verdict
from platforms.targets.ledger import Ledger
from platforms.verdict import Evidence, Force, Outcome, Verdict

Measured = tuple[float | None, tuple[Statement, ...]]

CODE_MARKS = str.maketrans("", "", "-－— ")
"""Marks that project codes are written with; places are counted without them."""


@dataclass(frozen=True)
class Subject:
    """One project put to the conditions of the list.

    Attributes
    ----------
    project_id
        Its number.
    row
        Its row.
    whole
        The project with all its phases.
    ledger
        The ledger on the as-of date.
    policy
        Rules on that date.
    is_one_site
        Whether all its land is one site, None where nobody has looked.
    """

    project_id: str
    row: Row
    whole: WholeProject
    ledger: Ledger
    policy: PolicySet
    is_one_site: bool | None


def eligibility(
    project_id: str, ledger: Ledger, policy: PolicySet, *, is_one_site: bool | None = None
) -> tuple[Verdict, ...]:
    """Judge whether a project may come on the list.

    Parameters
    ----------
    project_id
        The project.
    ledger
        The ledger on the as-of date.
    policy
        Rules on that date.
    is_one_site
        Whether all its land is one site, where it lies on several parcels; None where nobody has
        looked.

    Returns
    -------
    tuple of Verdict
        One a part of C4 that the pack has; of a list that must be empty the count is 0 or more
        faults, named in the reasons. What is missing is ``no_data``, named.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.

    Notes
    -----
    C4 嘉政办发〔2018〕52号 三; S14.
    """
    row = project_row(ledger.projects, project_id)
    whole = whole_project(ledger.projects, project_id)
    subject = Subject(project_id, row, whole, ledger, policy, is_one_site)
    verdicts = []
    for part in policy.parts("C4"):
        if part in PARTS:
            dated = policy.rule("C4", part)
            measured, reasons = PARTS[part](subject, dated)
            is_idle = measured is None and any(one.code == "c4_not_phased" for one in reasons)
            verdicts.append(
                judge(
                    dated, measured, unit_id=text_of(row, "unit_id"),
                    outcome="not_applicable" if is_idle else None,
                    evidence=(Evidence("projects", (project_id,)),), reasons=reasons,
                )
            )  # fmt: skip
    return tuple(verdicts)


def outcome_of(verdicts: tuple[Verdict, ...], force: Force) -> Outcome:
    """Say how the parts of one force come out together; forces are never mixed.

    Parameters
    ----------
    verdicts
        Verdicts of ``eligibility``.
    force
        Which force.

    Returns
    -------
    str
        ``not_met`` where one part isn't met, else ``no_data`` where one can't be told, else
        ``met``; ``not_applicable`` where no part of that force is in force.
    """
    found = [v.outcome for v in verdicts if v.force == force and v.in_force]
    for outcome in ("not_met", "no_data", "met"):
        if outcome in found:
            return outcome
    return "not_applicable"


def class_floor(project_id: str, ledger: Ledger, policy: PolicySet) -> tuple[Verdict, ...]:
    """Judge the investment of a project against the floor of its class (C2).

    Parameters
    ----------
    project_id
        The project, on the list or not yet.
    ledger
        The ledger on the as-of date.
    policy
        Rules on that date.

    Returns
    -------
    tuple of Verdict
        One for the part of its class; none where no floor is stated for its class, or where it
        states no class.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.

    Notes
    -----
    C2 嘉政办发〔2018〕52号 二.
    """
    row = project_row(ledger.projects, project_id)
    position = _position(ledger, project_id)
    verdicts = []
    for part in policy.parts("C2"):
        conditions = [
            one for one in conditions_on(policy.rule("C2", part).rule, "projects")
            if one.column == "project_class"
        ]  # fmt: skip
        if fitting(ledger.projects.iloc[[position]], conditions).yes[0]:
            unit_id = text_of(row, "unit_id")
            year = int(policy.as_of[:4])
            verdicts.append(floor_verdict(ledger, position, part, policy, unit_id, year))
    return tuple(verdicts)


def _position(ledger: Ledger, project_id: str) -> int:
    chosen = ledger.projects["project_id"].eq(project_id).fillna(value=False).to_numpy(dtype=bool)
    return int(np.flatnonzero(chosen)[0])


def measure_excluded(subject: Subject, dated: DatedRule) -> Measured:
    """Infrastructure, real estate, hotels, complexes, platforms that let to others."""
    category = text_of(subject.row, "category")
    if category is None:
        return None, (say("c4_category_missing"),)
    one = pd.DataFrame([subject.row])
    if fitting(one, conditions_on(dated.rule, "projects")).yes[0]:
        return 1.0, (say("c4_excluded", category=category),)
    return 0.0, (say("c4_category_admitted", category=category),)


def measure_industry(subject: Subject, dated: DatedRule) -> Measured:
    """Is the project in one of the industries listed; the lists are assumed."""
    code = text_of(subject.row, "industry_code")
    if code is None:
        return None, (say("c4_industry_missing"),)
    digits = code.upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    lists = [subject.policy.code_list(name) for name in dated.rule.lists]
    scheme = text_of(subject.row, "industry_scheme")
    if any(held.industry_scheme != scheme for held in lists):
        return None, (say("c4_scheme_differs", scheme=scheme or "–"),)
    for held in lists:
        if digits.startswith(held.codes):
            return 0.0, (say("c4_industry_listed", code=digits, title=held.title),)
    if any(entry.startswith(digits) for held in lists for entry in held.codes):
        return None, (say("c4_industry_too_short", code=digits),)
    return 1.0, (say("c4_industry_unlisted", code=digits),)


def measure_single_project(subject: Subject, _dated: DatedRule) -> Measured:
    """Is it one investor, one site, one code."""
    faults, missing = single_project_faults(
        subject.whole, subject.ledger.projects, subject.is_one_site
    )
    if faults:
        return float(len(faults)), (*faults, *missing)
    return (None, missing) if missing else (0.0, (say("c4_single"),))


def measure_phases(subject: Subject, _dated: DatedRule) -> Measured:
    """In how many phases is it built; one where it isn't divided."""
    count = max(len(subject.whole.phases), 1)
    return float(count), (say("c4_phases", count=count),)


def measure_code_prefix(subject: Subject, dated: DatedRule) -> Measured:
    """How many places, at most those asked, the codes of all phases begin with alike."""
    if len(subject.whole.phases) < 2:
        return None, (say("c4_not_phased"),)
    asked = int(dated.rule.number)
    codes = [(text_of(r, "project_code") or "").translate(CODE_MARKS) for r in subject.whole.phases]
    lacking = [
        str(row["project_id"])
        for row, code in zip(subject.whole.phases, codes, strict=True)
        if len(code) < asked
    ]
    if lacking:
        return None, (say("c4_code_missing", project_ids="、".join(lacking), places=asked),)
    alike = next((n for n in range(asked) if len({code[n] for code in codes}) > 1), asked)
    return float(alike), (say("c4_codes_alike", alike=alike, places=asked),)


def _not_started(subject: Subject, _dated: DatedRule) -> Measured:
    """Had works begun by the day it came on the list, by the as-of date where it isn't on it."""
    ledger = subject.ledger
    position = _position(ledger, subject.project_id)
    listed_on = ledger.first_day(("listed",)).iloc[position]
    is_listed = isinstance(listed_on, str) and listed_on <= ledger.as_of
    day = str(listed_on) if is_listed else ledger.as_of
    started = ledger.happened(("started",), "0000-01-01", day)
    if started.open[position]:
        return None, (say("c4_start_missing"),)
    began = bool(started.yes[position])
    return float(began), (say("c4_started" if began else "c4_not_started", day=day),)


PARTS: dict[str, Callable[[Subject, DatedRule], Measured]] = {
    "excluded": measure_excluded,
    "industry": measure_industry,
    "single_project": measure_single_project,
    "phases": measure_phases,
    "code_prefix": measure_code_prefix,
    "not_started": _not_started,
}
"""What each part of C4 measures, in the unit of the rule."""
