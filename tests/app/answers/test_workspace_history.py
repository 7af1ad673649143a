"""What a workspace remembers is told in words."""

from types import SimpleNamespace

import pandas as pd

from app.answers.workspace import since_answer, trail_answer
from app.messages import catalogue
from app.visits import Visit
from platforms.source import ReadOnce

AUDIT = pd.DataFrame(
    [
        (1, "2025-01-01T00:00:00+00:00", "甲", "units", "replace", 9),
        (2, "2025-01-02T00:00:00+00:00", "乙", "land_parcels", "add", 3),
        (3, "2025-01-03T00:00:00+00:00", "甲", "land_parcels", "add", 4),
        (4, "2025-01-03T00:00:00+00:00", "甲", "dem", "replace", 100),
    ],
    columns=["seq", "at", "actor", "layer", "action", "rows"],
)
ASIDE = pd.DataFrame(
    [(1, "2025-01-01T00:00:00+00:00", "land_parcels", "p1",
      "not_a_date:valid_from; geometry_missing:", "{}")],
    columns=["seq", "at", "layer", "row", "reasons", "data"],
)  # fmt: skip
HISTORY = pd.DataFrame(
    columns=["seq", "layer", "row", "change", "valid_until", "audit_seq", "data"]
)


def remembered(language="zh"):
    held = SimpleNamespace(
        audit=lambda: AUDIT, quarantined=lambda: ASIDE, history=lambda: HISTORY
    )  # fmt: skip
    return SimpleNamespace(
        viewer=None, workspace=held, source=ReadOnce(held), words=catalogue(language)
    )


def test_changes_after_a_visit_are_summed_by_table_and_kind():
    rows = since_answer(remembered(), Visit("2025-01-01T12:00:00+00:00", 1)).result["changes"]
    assert {(row["layer"], row["action"], row["rows"], row["times"]) for row in rows} == {
        ("land_parcels", "add", 7, 2), ("dem", "replace", 100, 1),
    }  # fmt: skip
    assert next(row["actor"] for row in rows if row["layer"] == "land_parcels") == "乙、甲"


def test_nothing_after_the_last_change_is_said_as_such():
    answer = since_answer(remembered(), Visit("2025-01-04T00:00:00+00:00", 4))
    assert answer.result["changes"] == []
    assert len(answer.summary) == 1


def test_the_trail_names_tables_changes_and_reasons():
    audit, aside, history = (sheet.frame for sheet in trail_answer(remembered()).sheets)
    assert audit["trail_seq"].tolist() == [4, 3, 2, 1]
    assert audit["trail_action"].tolist() == ["整层替换", "追加", "追加", "整层替换"]
    assert audit["trail_layer"].iloc[0] == "高程"
    words = catalogue("zh")
    reasons = aside["trail_reasons"].iloc[0]
    assert words.sentences["fault_not_a_date"] in reasons
    assert words.sentences["fault_geometry_missing"] in reasons
    assert len(history) == 0
