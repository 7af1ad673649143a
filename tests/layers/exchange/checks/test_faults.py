"""The table of faults: whole, in words of both languages, refused where it is spoilt."""

from pathlib import Path

import pytest
import yaml

from app.messages import catalogue
from layers.errors import LayerError
from layers.exchange.checks.faults import ACTIONS, parse_fault_table

TEXT = (Path(__file__).resolve().parents[4] / "data" / "exchange" / "faults.yaml").read_text(
    encoding="utf-8"
)
TABLE = parse_fault_table(TEXT)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_class_action_and_repair_has_words(language):
    held = catalogue(language).sentences
    for code, entry in TABLE.classes.items():
        assert {code, f"fault_{code}", f"repair_{entry.repair or 'none'}"} <= held.keys()
    assert {f"action_{action}" for action in ACTIONS} <= held.keys()


def test_the_action_of_a_class_is_among_those_allowed():
    assert all(entry.action in entry.allowed for entry in TABLE.classes.values())


def test_a_planner_overrules_one_class_and_leaves_the_others():
    changed = TABLE.overruled({"overlap": "quarantine"})
    assert changed.action("overlap") == "quarantine"
    assert changed.action("gap") == TABLE.action("gap")
    assert TABLE.action("overlap") == "accept"


def test_rows_of_a_class_that_the_table_does_not_name_are_kept_aside():
    assert TABLE.action("something_new") == "quarantine"


@pytest.mark.parametrize(
    ("actions", "code", "value"),
    [
        ({"overlaps": "accept"}, "fault_class_unknown", "overlap"),
        ({"overlap": "drop"}, "fault_action_unfit", "accept, repair, quarantine"),
        ({"value_missing": "accept"}, "fault_action_unfit", "quarantine"),
    ],
)
def test_what_means_nothing_is_refused(actions, code, value):
    with pytest.raises(LayerError) as caught:
        TABLE.overruled(actions)
    assert caught.value.code == code
    assert value in caught.value.values.values()


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("classes", "overlap", {"action": "drop"}),
        ("classes", "overlap", {"action": "accept", "may": ["repair"]}),
        ("classes", "overlap", {"action": "accept", "else": 1}),
        ("limits", "overlap_m2", -1),
        ("limits", "overlap_m2", "viel"),
        ("limits", "other", 1),
        ("layers", "overlap", ["nowhere"]),
        ("dates", "parks", [["exited_on", "nowhere"]]),
        ("dates", "nowhere", [["exited_on", "exited_on"]]),
    ],
)
def test_a_spoilt_table_is_named_by_its_section(section, key, value):
    data = yaml.safe_load(TEXT)
    data[section][key] = value
    with pytest.raises(LayerError) as caught:
        parse_fault_table(yaml.safe_dump(data))
    assert (caught.value.code, caught.value.values["place"]) == ("fault_table_bad", section)


@pytest.mark.parametrize("text", ["", "[1]", "a: [", "classes: 3"])
def test_what_is_no_table_is_refused(text):
    with pytest.raises(LayerError):
        parse_fault_table(text)
