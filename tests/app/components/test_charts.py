"""Pictures say what they show by shape and word as well as colour."""

import pandas as pd
import pytest

from app.components.charts import (
    LINE_PX,
    OUTPUT,
    TAX,
    WIDTH_PX,
    label_sides,
    quadrant_chart,
    share_bars,
    timeline_chart,
)
from app.context import load_settings, read_policy
from app.messages import catalogue
from platforms.ledger.entry import Node

WORDS = catalogue("zh")


@pytest.fixture(scope="module")
def policy():
    return read_policy(load_settings().policy_dir, ("jiaxing",), "2025-06-30")


def firms(**rows):
    return pd.DataFrame([(n, *v) for n, v in rows.items()], columns=["name", OUTPUT, TAX])


def test_the_quadrants_are_divided_at_the_targets_of_the_pack(policy):
    output, tax = policy.rule("A8").rule.number, policy.rule("A9").rule.number
    frame = firms(both=(output, tax), less=(output - 1, tax), neither=(output - 1, tax - 1))
    chart, beyond = quadrant_chart(frame, policy, WORDS)
    assert beyond == 0
    drawn = chart.layer[0].data
    assert dict(zip(drawn["name"], drawn["quadrant"], strict=True)) == {
        "both": "both_reached", "less": "tax_reached", "neither": "none_reached",
    }  # fmt: skip
    lines = {
        column: {layer.data[column].iloc[0] for layer in chart.layer if list(layer.data) == held}
        for column, held in ((OUTPUT, [OUTPUT, "said"]), (TAX, [TAX, "said"]))
    }
    assert lines == {OUTPUT: {output}, TAX: {tax}}


def test_what_lies_far_beyond_the_others_is_counted_and_not_drawn(policy):
    rows = {f"p{n}": (100.0 + n, 5.0) for n in range(99)}
    chart, beyond = quadrant_chart(firms(**rows, giant=(90_000.0, 5.0)), policy, WORDS)
    assert beyond == 1
    assert "giant" not in set(chart.layer[0].data["name"])


def test_names_neither_leave_the_chart_nor_cover_each_other():
    ends = {OUTPUT: 100.0, TAX: 100.0}
    frame = firms(名称一=(50.0, 50.0), 名称二=(50.0, 50.0), 名称三=(50.0, 50.0), 边上=(99.0, 10.0))
    assert label_sides(frame, ends) == ["left", "right", None, "right"]
    apart = 100.0 * (LINE_PX + 1) / 340
    above = firms(名称一=(50.0, 50.0), 名称二=(50.0, 50.0 + apart))
    assert label_sides(above, ends) == ["left", "left"]
    assert WIDTH_PX > 0


def test_a_bar_says_its_share_in_figures_and_bounds_where_it_is_not_known():
    frame = pd.DataFrame(
        {
            "unit_name": ["甲", "乙", "丙"], "share": [0.7, None, None],
            "share_low": [0.7, 0.5, None], "share_high": [0.7, 0.9, None],
            "threshold": [0.7, 0.7, 0.7], "outcome": ["met", "no_data", "no_data"],
        }
    )  # fmt: skip
    said = share_bars(frame, "用地", WORDS).layer[0].data["said"].tolist()
    assert said == ["● 符合 70.0%", "○ 无数据 50.0%–90.0%", "○ 无数据"]


def test_a_node_says_how_far_it_is_from_its_plan():
    nodes = [
        Node("signed", "2025-01-10", "2025-01-12", "yellow", -2),
        Node("registered", "2025-06-20", None, "red", -10),
        Node("started", "2025-07-05", None, "yellow", 5),
        Node("completed", None, None, "grey", None),
    ]
    chart = timeline_chart(nodes, "2025-06-30", WORDS)
    said = chart.layer[2].data["said"].tolist()
    assert said == [
        f"▲ {WORDS.text('light_yellow')}，晚 2 天", f"✖ {WORDS.text('light_red')}，已过 10 天",
        f"▲ {WORDS.text('light_yellow')}，还有 5 天", f"○ {WORDS.text('light_grey')}",
    ]  # fmt: skip
    assert len(chart.layer[1].data) == 4
