"""The next step of a project lies behind the stage that it has reached."""

import pytest

from app.answers.project_page import ProjectPage
from platforms.ledger.entry import Node

KINDS = ("signed", "registered", "project_code", "started")


def page(stage, done=()):
    nodes = tuple(
        Node(kind, None, "2025-01-01" if kind in done else None, "grey", None) for kind in KINDS
    )
    return ProjectPage({"stage": stage}, (), None, nodes, None, None, None)


@pytest.mark.parametrize(
    ("stage", "done", "following"),
    [
        ("in_talks", (), "signed"), (None, (), "signed"), ("signed", (), "registered"),
        ("signed", ("signed",), "registered"), ("registered", ("signed",), "project_code"),
        ("started", (), None), ("in_production", (), None), ("ended", ("signed",), None),
    ],
)  # fmt: skip
def test_no_step_before_the_stage_reached_is_the_next_one(stage, done, following):
    step = page(stage, done).next_step
    assert (None if step is None else step.kind) == following
