"""What is due on a day."""

from types import SimpleNamespace

from app.answers.project_ledger import due_answer
from app.messages import catalogue
from tests.ledger_frames import city, events, project
from tests.planning_frames import jiaxing

AS_OF = "2025-06-30"


def due(held, as_of=AS_OF):
    """Ask a city held in memory."""
    answer = due_answer(
        SimpleNamespace(source=held, policy=jiaxing(as_of), as_of=as_of, words=catalogue("zh"))
    )
    return answer, [(row["kind"], row["code"], row["days"]) for row in answer.result["due"]]


def milestone(number, due_on, done_on=None):
    return {
        "milestone_id": f"jd-{number}", "unit_id": "N", "milestone": "方案上报", "due_on": due_on,
        "done_on": done_on,
    }  # fmt: skip


def test_milestones_are_due_from_seven_days_ahead_until_they_are_done():
    held = city(
        unit_milestones=[
            milestone(1, "2025-07-07"), milestone(2, "2025-07-08"), milestone(3, "2025-06-29"),
            milestone(4, "2025-06-01", "2025-06-30"), milestone(5, "2025-06-01", "2025-07-01"),
        ]
    )  # fmt: skip
    _, rows = due(held)
    assert rows == [
        ("milestone", "overdue", -29), ("milestone", "overdue", -1), ("milestone", "soon", 7),
    ]  # fmt: skip


def test_planned_nodes_of_the_ledger_are_due_or_overdue():
    plans = events("p1", signed="2025-01-05")
    for number, (kind, on) in enumerate((("registered", "2025-06-20"), ("started", "2025-07-02"))):
        (plan,) = events("p1", node_planned=f"2025-01-0{6 + number}")
        plans.append({**plan, "planned_kind": kind, "planned_on": on})
    _, rows = due(city([project("p1", stage="signed")], [plans]))
    assert ("warning", "overdue", -10) in rows
    assert ("warning", "soon", 2) in rows


def test_first_talks_are_listed_in_their_last_seven_days_only():
    # Reported on 10 June: one month of talks, to 10 July (a Thursday, no holiday).
    held = city([project("p1")], [events("p1", first_report="2025-06-10")])
    kinds = {day: [row for row in due(held, day)[1] if row[0] == "talks"] for day in
             ("2025-07-02", "2025-07-03", "2025-07-10", "2025-07-11")}  # fmt: skip
    assert kinds["2025-07-02"] == []
    assert kinds["2025-07-03"] == [("talks", "soon", 7)]
    assert kinds["2025-07-10"] == [("talks", "soon", 0)]
    assert kinds["2025-07-11"] == []


def test_a_day_without_anything_due_says_so():
    answer, rows = due(city())
    assert rows == []
    assert answer.summary == (catalogue("zh").text("summary_due_none", as_of=AS_OF),)
    assert len(answer.sheets[0].frame) == 0
