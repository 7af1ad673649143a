"""The comparison of starts: what it answers, not how long it takes."""

import json

import pytest

import benchmarks.start
from benchmarks.__main__ import main
from benchmarks.start import cpu_seconds

NAMES = ["baseline_geopandas_s", "help", "info", "rules", "shares_small"]


@pytest.fixture
def timed(monkeypatch):
    """Take four seconds for the baseline, and a second for each letter of a command's name."""

    def seconds(arguments):
        return 4.0 if arguments[0] == "-c" else float(len(arguments[2].strip("-")))

    monkeypatch.setattr(benchmarks.start, "cpu_seconds", seconds)


def test_starts_are_multiples_of_the_baseline(timed, capsys):
    assert main(["start", "--json", "--rounds", "1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == NAMES
    # help and info have four letters, rules five, shares six
    assert list(found.values()) == [4.0, 1.0, 1.0, 1.25, 1.5]


def test_starts_are_shown_as_a_table(timed, capsys):
    assert main(["start"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| rules | 1.25 |" in lines
    assert "`import geopandas`: 4.00 s of CPU." in lines


def test_a_process_is_measured_whole_and_a_failure_is_no_measurement():
    assert 0 < cpu_seconds(["-S", "-c", "pass"]) < 60
    with pytest.raises(RuntimeError, match="left with"):
        cpu_seconds(["-S", "-c", "raise SystemExit(3)"])
