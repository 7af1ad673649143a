"""The list of major projects: who may leave it, what each on it needs, and by which steps (C6–C13).

Every rule here keeps a list empty: that of the projects which depart from it.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from platforms.policy.dated import DatedRule
from platforms.projects.calendar import moment_of, months_later
from platforms.projects.claims import zone_of
from platforms.projects.dossiers import (
    DELISTED,
    LISTED,
    Dossiers,
    finding,
    first_days,
    is_on_list,
    is_over,
    kinds_of,
    started_on,
)
from platforms.projects.findings import Finding
from platforms.projects.rows import Row, text_of
from platforms.statement import say

SERVICE = ("leader", "action_map", "service_team")
RECORDED = "list_recorded"


def exits(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that left the list in the year for another than the three reasons (C6).

    Notes
    -----
    嘉政办发〔2018〕52号 四（一）: started, no longer fitting the policy, given up by the investor.
    A reason not on file is no reason known; "started" without a start by then is none.
    """
    for row, events in held.rows():
        gone = [one for one in events if one["event_kind"] == DELISTED]
        if not gone or not str(gone[-1]["event_on"]).startswith(f"{held.year}-"):
            continue
        on, reason = str(gone[-1]["event_on"]), text_of(gone[-1], "exit_reason")
        begun = started_on(row, events)
        if reason is None:
            yield finding(row, "open", say("c6_reason_missing", on=on))
        elif reason == "started" and (begun is None or begun > on):
            yield finding(row, "departs", say("c6_not_started", on=on))
        else:
            yield finding(row, "keeps", say("c6_reason", on=on, exit_reason=reason))


def late_nodes(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects whose nodes were entered late or not at all (C7).

    Notes
    -----
    嘉政办发〔2018〕52号 四（三）: reported in good time, summed up by month. No day is stated, so a
    node is late once the month after its own has gone by without it (pack: ``node_entry``).
    """
    nodes, zone = kinds_of(dated), zone_of(held.policy)
    months = int(held.policy.setting_number("node_entry", "months"))
    for row, events in held.rows():
        if not is_on_list(events):
            continue
        days = first_days(events)
        late = [
            str(one["event_kind"]) for one in events
            if one["event_kind"] in nodes
            and moment_of(str(one["entered_at"]), zone).date() > _last_of_month(one, months)
        ]  # fmt: skip
        reached = [at for at, kind in enumerate(nodes) if kind in days]
        missing = [kind for kind in nodes[: max(reached, default=0)] if kind not in days]
        if late:
            yield finding(row, "departs", say("c7_late", steps=";".join(dict.fromkeys(late))))
        elif missing:
            yield finding(row, "open", say("c7_left_out", steps=";".join(missing)))
        else:
            yield finding(row, "keeps", say("c7_in_time", count=len(reached)))


def _last_of_month(event: Row, months: int) -> date:
    """Give the last day of the month that lies so many months after that of an event."""
    first = date.fromisoformat(str(event["event_on"])).replace(day=1)
    return date.fromordinal(months_later(first, months + 1).toordinal() - 1)


def unserved(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find listed projects without leader, map of action or service team (C12).

    Notes
    -----
    嘉政办发〔2018〕52号 四（四）. A column that is filled in for no project isn't kept, so nothing
    can be said of it.
    """
    for row, events in held.rows():
        if not is_on_list(events) or is_over(row, events):
            continue
        lacking = [name for name in SERVICE if text_of(row, name) is None]
        known = [name for name in lacking if held.is_kept(name)]
        if known:
            yield finding(row, "departs", say("c12_lacks", columns=";".join(known)))
        elif lacking:
            yield finding(row, "open", say("c12_not_kept", columns=";".join(lacking)))
        else:
            yield finding(row, "keeps", say("c12_complete"))


def missed_steps(held: Dossiers, dated: DatedRule) -> Iterator[Finding]:
    """Find projects that came on the list, or left it, without its steps or out of order (C13).

    Notes
    -----
    嘉政办发〔2018〕52号 四（一）: written opinion, review, consent, then the list; put on record
    afterwards, for which no day is stated. Where no step of any project is on file, they aren't
    kept.
    """
    steps = kinds_of(dated)
    is_kept = bool(held.past["event_kind"].isin(steps).any())
    for row, events in held.rows():
        turns = [at for at, one in enumerate(events) if one["event_kind"] in (LISTED, DELISTED)]
        if not turns:
            continue
        if not is_kept:
            yield finding(row, "open", say("c13_not_kept"))
            continue
        begins = [0, *(at + 1 for at in turns)]
        faults = [
            fault for first, turn in zip(begins, turns, strict=False)
            for fault in _faults(events[first : turn + 1], steps)
        ]  # fmt: skip
        if faults:
            yield finding(row, "departs", say("c13_missed", steps=";".join(faults)))
        else:
            yield finding(row, "keeps", say("c13_complete", count=len(turns)))


def _faults(span: Sequence[Row], steps: Sequence[str]) -> list[str]:
    """Name the steps before a turn of the list that are missing or come after a later one."""
    before = [kind for kind in steps if kind != RECORDED]
    days = first_days([one for one in span if one["event_kind"] in before])
    missing = [kind for kind in before if kind not in days]
    held = [kind for kind in before if kind in days]
    turned = [later for earlier, later in pairwise(held) if days[later] < days[earlier]]
    return [*missing, *turned]
