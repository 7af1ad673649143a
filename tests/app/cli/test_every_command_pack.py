"""Every command answers under each pack alone, and leaves out what that pack doesn't rule."""

import re
import shutil

import pytest

from app.cli.main import COMMANDS
from app.cli.usage import load

PACKS = ("panan", "changchun")
AS_OF = "2025-10-31"
UNIT, STARTED, UNPLACED, WANTED = "330402", "xm-0003", "xm-0001", "xm-0002"
"""A unit; projects that have started, that have no site, that ask for land."""
UNHELD = re.compile(r"rule_not_held|talks_no_rule|route_no_rule")
"""Codes that say of each candidate or project that no pack has the rule."""

ASKED = {
    "blocks": [()],
    "chains": [()],
    "consolidate": [()],
    "match": [("--project", WANTED)],
    "targets": [()],
    "evaluate": [()],
    "shares": [("--year", "2024")],
    "check": [()],
    "ranking": [("--by", "platform", "--period", "2024")],
    "indicators": [("--by", "platform", "--period", "2024")],
    "project show": [("--project", STARTED), ("--project", UNPLACED)],
    "project conflicts": [()],
    "project problems": [()],
    "project transfer": [("--project", UNPLACED)],
    "project warnings": [()],
    "project ranking": [("--period", "2024Q4")],
    "project dashboard": [("--period", "2024Q4")],
}  # fmt: skip
REPORTS = (
    ("land", "docx"), ("match", "docx", "--project", WANTED), ("check", "docx"),
    ("project", "docx", "--project", f"{STARTED},{UNPLACED}"),
    ("ledger", "docx", "--period", "2025Q1"), ("ranking", "docx", "--period", "2025"),
    ("investment-map", "html"),
)  # fmt: skip
ELSEWHERE = {
    "rules", "report", "place", "scenario add", "scenario compare", "project add", "project event",
}  # fmt: skip
"""Commands with a test of their own below."""


def commands(table=COMMANDS, before=()):
    for name, address in table.items():
        if isinstance(address, str):
            yield (*before, name), load(address)
        else:
            yield from commands(address, (*before, name))


def test_every_command_that_takes_a_pack_is_tried_here():
    taking = {
        " ".join(words)
        for words, command in commands()
        if any("--pack" in option.opts for option in command.params)
    }
    assert taking == set(ASKED) | ELSEWHERE


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize(
    ("command", "options"),
    [(name, options) for name, all_of in ASKED.items() for options in all_of],
)
def test_a_command_answers_under_the_pack_alone(asked, command, options, pack):
    found = asked(command, *options, "--pack", pack, "--as-of", AS_OF)
    assert found.code in (0, 1), found.err
    assert not UNHELD.search(found.out), command


@pytest.mark.parametrize("pack", PACKS)
def test_the_rules_of_a_pack_are_listed(muplan, pack):
    found = muplan("rules", "--pack", pack, "--json").json
    assert {rule["rule_id"][0] for rule in found["rules"]} == {"D" if pack == "panan" else "E"}


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("kind", REPORTS, ids=[kind[0] for kind in REPORTS])
def test_a_report_is_written_under_the_pack_alone(muplan, small_demo, tmp_path, kind, pack):
    name, ending, *options = kind
    out = tmp_path / f"{name}.{ending}"
    found = muplan(
        "report", small_demo, "--kind", name, "--out", out, "--pack", pack, "--as-of", AS_OF,
        *options,
    )  # fmt: skip
    assert (found.code, out.is_file()) == (0, True), found.err


@pytest.mark.parametrize("pack", PACKS)
def test_projects_are_placed_under_the_pack_alone(muplan, small_demo, tmp_path, pack):
    wanted = tmp_path / "projects.txt"
    wanted.write_text(f"{UNPLACED}\n{WANTED}\n", encoding="utf-8")
    found = muplan(
        "place", small_demo, "--projects", wanted, "--pack", pack, "--as-of", AS_OF, "--json"
    )
    assert found.code in (0, 1), found.err
    assert not UNHELD.search(found.out)


@pytest.mark.parametrize("pack", PACKS)
def test_what_writes_works_under_the_pack_alone(muplan, small_demo, tmp_path, pack):
    held = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, held)
    ran = [
        muplan(
            "project", "add", held, "--project", "X-1", "--name", "甲", "--on", "2025-10-30",
            "--unit", UNIT, "--investor", "某公司", "--pack", pack,
        ),
        muplan(
            "project", "event", held, "--project", "X-1", "--kind", "signed", "--on", "2025-10-30",
            "--unit", UNIT, "--pack", pack,
        ),
        muplan("scenario", "add", held, "甲", "--pack", pack),
        muplan("scenario", "compare", held, "--pack", pack, "--as-of", AS_OF),
    ]  # fmt: skip
    assert [found.code for found in ran] == [0] * len(ran), [found.err for found in ran]


def test_the_race_ranks_units_where_the_pack_has_one_and_else_nobody(asked):
    raced, plain = (
        asked("project ranking", "--period", "2024Q4", "--pack", pack, "--as-of", AS_OF).json
        for pack in PACKS
    )
    counts = [unit["counts"] for unit in raced["ranking"]]
    assert all("landed" not in count and "city_level" not in count for count in counts)
    first = max((count["manufacturing"], count["major"]) for count in counts)
    assert first > (0, 0)
    for unit, count in zip(raced["ranking"], counts, strict=True):
        assert unit["is_first"] is ((count["manufacturing"], count["major"]) == first)
    assert {unit["rank"] for unit in plain["ranking"]} == {None}
