"""The ledger told in plain words: what happened, what is asked, what has to come out and why."""

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from platforms.checks import CheckQuery, run_checks
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import TalksQuestion, exclusivity
from platforms.ledger.events import replay, stage_columns, stage_models
from tests.planning_frames import CITY_CRS, PLATFORMS, UNITS, Frames, jiaxing, rows_of

STORIES = yaml.load(
    (Path(__file__).parent / "ledger" / "stories.yaml").read_text(encoding="utf-8"),
    getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)
QUESTIONS = [
    pytest.param(story, asked, id=f"story {number} at {asked['at']}")
    for number, story in enumerate(STORIES, start=1)
    for asked in story["asked"]
]
HOUR = "+08:00"


def project(told):
    code = told.get("code", "A")
    return {
        "project_id": told["id"], "unit_id": told["unit"], "credit_code": f"91{code}",
        "investor_name": f"甲公司{code}", "industry_code": "3825",
        "industry_scheme": "GBT4754_2017", "product": told.get("product", "光伏组件"),
        "stage": "in_talks", "investment_yi_yuan": 10.0, "project_class": told.get("class"),
        "started_on": str(told["started"]) if "started" in told else None,
    }  # fmt: skip


def event(number, told):
    on = told.get("corrected_on")
    return {
        "event_id": f"e{number}", "project_id": told["project"], "event_kind": told["kind"],
        "event_on": str(told["day"]), "entered_at": f"{told['entered']}{HOUR}",
        "entry_seq": number, "unit_id": told["unit"], "exit_reason": told.get("reason"),
        "corrects": f"e{told['corrects']}" if "corrects" in told else None,
        "corrected_on": None if on is None else str(on),
    }  # fmt: skip


def tables(story):
    rows = [event(number, told) for number, told in enumerate(story["events"], start=1)]
    return (
        rows_of("projects", [project(told) for told in story["projects"]]),
        rows_of("project_events", rows),
    )


def city(story):
    projects = [project(told) for told in story["projects"]]
    happened = [event(number, told) for number, told in enumerate(story["events"], start=1)]
    task = [{"target_id": "t", "year": 2025, "indicator": "市县长项目下达任务数",
             "target_value": story.get("task")}]  # fmt: skip
    return Frames(units=UNITS, major_platforms=PLATFORMS, projects=projects,
                  project_events=happened, targets=task if "task" in story else [])  # fmt: skip


def talks(story, asked):
    at = str(asked["at"])
    question = TalksQuestion(asked["talks_of"], at, official_holidays())
    found = exclusivity(question, *tables(story), jiaxing(at[:10]))
    if asked.get("absent"):
        assert (found.state, found.until) == ("free", None)
        return
    assert found.state == asked["state"]
    if found.state != "free":
        assert found.holder_unit_id == asked["holder"]
    if "until" in asked:
        assert found.until == datetime.fromisoformat(asked["until"] + ":00" + HOUR)


def verdict(story, asked):
    at = str(asked["at"])
    query = CheckQuery(2025, (asked["rule"],), (), at)
    (found,) = [
        one for one in run_checks(city(story), query, jiaxing(at), CITY_CRS)
        if (one.part, one.unit_id) == (asked["part"], asked.get("unit"))
    ]  # fmt: skip
    assert (found.outcome, found.measured) == (asked["outcome"], float(asked["measured"]))


def state(story, asked):
    at, happened = str(asked["at"]), tables(story)[1]
    model = stage_models(jiaxing(at))[0]
    if "stage_of" in asked:
        own = happened[happened["project_id"].eq(asked["stage_of"])]
        columns = stage_columns(own, model, at)
        assert columns["stage"] == asked["is"]
        assert "started_on" not in asked or columns["started_on"] == str(asked["started_on"])
        return
    done = replay(happened, model, at).states
    if "on_list" in asked:
        assert bool(done["is_listed"][asked["on_list"]]) is asked["is"]
    else:
        assert done["holder"][asked["holder_of"]] == asked["is"]


@pytest.mark.parametrize(("story", "asked"), QUESTIONS)
def test_the_ledger_answers_as_the_story_says(story, asked):
    assert asked["because"]
    if "talks_of" in asked:
        talks(story, asked)
    elif "rule" in asked:
        verdict(story, asked)
    else:
        state(story, asked)


def test_every_story_is_told_in_words_and_asked_at_more_than_a_moment_of_its_events():
    for story in STORIES:
        assert len(story["story"]) >= 12, story
        assert story["events"], story["story"]
        assert story["asked"], story["story"]
