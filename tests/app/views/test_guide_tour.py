"""The guide's tour is walked on the small demonstration, command by command."""

import re
import shutil
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
TOUR = PROJECT / "docs" / "guide" / "tour.md"


def steps():
    blocks = re.findall(r"^```\n(.*?)^```", TOUR.read_text(encoding="utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("muplan ") for line in lines)
    return [line.split()[1:] for line in lines]


def test_every_command_of_the_tour_does_what_it_says(small_demo, tmp_path, monkeypatch, muplan):
    monkeypatch.chdir(tmp_path)
    first, *others = steps()
    assert first == ["demo", "演示.gpkg"]
    shutil.copy(small_demo, "演示.gpkg")  # made by that command, once a run
    assert len(others) > 12
    for arguments in others:
        ran = muplan(*arguments)
        assert ran.code == 0, (arguments, ran.err)
        if "--out" in arguments:
            made = Path(arguments[arguments.index("--out") + 1])
            assert made.stat().st_size > 1000, arguments
        else:
            assert ran.out.strip() or ran.err.strip(), arguments
