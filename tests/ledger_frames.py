"""Projects and events of a small ledger, for tests of targets."""

from functools import cache
from itertools import count
from pathlib import Path

from platforms.checks import CheckQuery, run_checks
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from tests.planning_frames import CITY_CRS, PLATFORMS, UNITS, Frames, jiaxing

NUMBERS = count(1)
CHANGCHUN = Path(__file__).resolve().parents[1] / "data" / "policy" / "changchun.yaml"


@cache
def changchun(as_of):
    return policy_on(parse_pack(CHANGCHUN.read_text(encoding="utf-8"), "changchun"), as_of)


def project(project_id, **values):
    """An industrial project of county N, contracted for 10 亿元."""
    row = {"project_id": project_id, "unit_id": "N", "investment_yi_yuan": 10.0,
           "category": "industry"}  # fmt: skip
    return {**row, **values}


def events(project_id, **days):
    """Events of a project by kind and day; a leave carries (day, reason)."""
    rows = []
    for kind, day in days.items():
        number = next(NUMBERS)
        on, reason = day if isinstance(day, tuple) else (day, None)
        row = {"event_id": f"e{number}", "project_id": project_id, "event_kind": kind,
               "event_on": on, "entered_at": f"{on}T09:00:00+08:00",
               "entry_seq": number}  # fmt: skip
        if reason:
            row["exit_reason"] = reason
        rows.append(row)
    return rows


def city(projects=(), happened=(), **layers):
    """A city with units, platforms, and the ledger given."""
    flat = [event for group in happened for event in group]
    given = {"units": UNITS, "major_platforms": PLATFORMS, **layers}
    return Frames(projects=list(projects), project_events=flat, **given)


def judged(rule, held, as_of="2025-06-30", year=2024, units=(), policy=None):
    """Run one check through the front door."""
    query = CheckQuery(year, (rule,), units, as_of)
    return run_checks(held, query, policy or jiaxing(as_of), CITY_CRS)


def one(rule, part, held, unit_id=None, **options):
    """The verdict of one part for one unit, None for the city."""
    (found,) = [v for v in judged(rule, held, **options) if v.part == part and v.unit_id == unit_id]
    return found
