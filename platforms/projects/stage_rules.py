"""Whether each project went through its stages in order, and is kept up to date (B8, D8, D10)."""

from collections.abc import Iterator
from datetime import date

from platforms.policy.dated import DatedRule
from platforms.projects.calendar import moment_of
from platforms.projects.claims import zone_of
from platforms.projects.dossiers import Dossiers, finding, first_days, is_over, kinds_of
from platforms.projects.findings import Finding
from platforms.projects.rows import text_of
from platforms.projects.stages import StageModel, contradictions
from platforms.statement import say

OVER = ("production", "completed", "ended")


def disordered(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose stages are missing or the wrong way round (B8, D10).

    Notes
    -----
    B8 《进一步推动招大引强工作实施方案》 二（一）1, 3: from list to list, none left out. D10
    磐安 二: the steps before the one reached. A project without an event, of which only the row
    tells a stage, isn't known.
    """
    model = StageModel("stages", dated.rule.rule_id, dated.rule.part, kinds_of(dated), True)
    for row, events in held.rows():
        days = {kind: day for kind, day in first_days(events).items() if kind in model.stages}
        if not days:
            yield finding(row, "open", say("stages_untold"))
            continue
        found = contradictions(days, (model,))
        if not found:
            yield finding(row, "keeps", say("stages_in_order", count=len(days)))
            continue
        first = found[0]
        if first.predecessor_on is None:
            said = say("warning_stage_missing", steps=first.kind, predecessor=first.predecessor)
        else:
            said = say(
                "warning_stage_order", steps=first.kind, on=first.on,
                predecessor=first.predecessor, predecessor_on=first.predecessor_on,
            )  # fmt: skip
        yield finding(row, "departs", said)


def too_early_task_forces(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects whose task force was set up before the review panel had met (D10)."""
    panel, task_force = kinds_of(dated)
    for row, events in held.rows():
        days = first_days(events)
        if task_force not in days:
            continue
        if panel not in days:
            yield finding(row, "departs", say("d10_no_panel", on=days[task_force]))
        elif days[task_force] < days[panel]:
            said = say("d10_before_panel", on=days[task_force], panel_on=days[panel])
            yield finding(row, "departs", said)
        else:
            yield finding(row, "keeps", say("d10_after_panel", on=days[task_force]))


def unrecorded(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects under way of which nothing at all is recorded (D8 磐安 四（一）)."""
    for row, events in held.rows():
        if text_of(row, "stage") is None and not events:
            yield finding(row, "open", say("stages_untold"))
        elif events:
            yield finding(row, "keeps", say("d8_recorded", count=len(events)))
        else:
            yield finding(row, "departs", say("warning_never_updated"))


def stale(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects under way of which nothing was entered for so many days (D8 磐安 四（一））."""
    zone, today = zone_of(held.policy), date.fromisoformat(held.policy.as_of)
    most = held.policy.setting_number("stale_days", "days")
    for row, events in held.rows():
        if is_over(row, events) or any(one["event_kind"] in OVER for one in events):
            continue
        entered = [moment_of(str(one["entered_at"]), zone).date() for one in events]
        last = max((day for day in entered if day <= today), default=None)
        if last is None:
            yield finding(row, "open", say("warning_never_updated"))
            continue
        days = (today - last).days
        said = say("warning_stale", days=days, last=last.isoformat())
        yield finding(row, "departs" if days >= most else "keeps", said)
