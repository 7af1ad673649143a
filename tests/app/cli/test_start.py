"""What is loaded before the first answer: heavy libraries only where they are used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]

COMMANDS = """
import contextlib, io, json, sys
from app.cli.main import answer

workspace = sys.argv[1]
steps = {
    "help": ["--help"], "wrong command": ["bloks"],
    "wrong option": ["check", workspace, "--rul", "A1"],
    "wrong value": ["blocks", workspace, "--min-mu", "x"],
    "help of a group": ["project", "--help"], "help of a command": ["match", "--help"],
    "rules": ["rules"], "rules as JSON": ["rules", "--json"], "fields": ["fields", "units"],
    "info": ["info", workspace], "shares": ["shares", workspace, "--year", "2025"],
}
loaded = {}
for step, arguments in steps.items():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = answer(arguments)
    loaded[step] = [code, sorted({name.partition(".")[0] for name in sys.modules})]
print(json.dumps(loaded))
"""

PAGE = """
import json, sys
import streamlit_app
from streamlit.testing.v1 import AppTest

page = AppTest.from_file("app/main.py", default_timeout=120).run()
shown = [head.value for head in page.header]
print(json.dumps([shown, len(page.exception), sorted({n.partition(".")[0] for n in sys.modules})]))
"""


def run(code, *arguments, **environment):
    """Run Python on its own and give the JSON on its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=PROJECT, timeout=300,
        capture_output=True, encoding="utf-8", check=True, env={**os.environ, **environment},
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def loaded(small_demo):
    """Exit code and packages loaded after each of several commands, run one after the other."""
    return run(COMMANDS, small_demo)


def test_help_and_refusals_load_no_numbers_and_no_tables(loaded):
    for step, code in {
        "help": 0, "wrong command": 2, "wrong option": 2, "wrong value": 2, "help of a group": 0,
        "help of a command": 0,
    }.items():  # fmt: skip
        assert loaded[step][0] == code, step
        assert {"numpy", "pandas", "geopandas"}.isdisjoint(loaded[step][1]), step


@pytest.mark.parametrize("step", ["rules", "rules as JSON"])
def test_the_rules_are_listed_without_tables_and_geometry(loaded, step):
    code, packages = loaded[step]
    assert code == 0
    assert {"pandas", "geopandas", "shapely"}.isdisjoint(packages)


@pytest.mark.parametrize("step", ["fields", "info", "shares"])
def test_plain_questions_are_answered_without_compiler_and_solver(loaded, step):
    code, packages = loaded[step]
    assert code == 0
    assert "geopandas" in packages
    assert {"numba", "scipy"}.isdisjoint(packages)


def test_the_first_page_is_shown_without_compiler_solver_and_charts(tmp_path):
    shown, errors, packages = run(PAGE, MUPLAN_WORKSPACES=str(tmp_path))
    assert (len(shown), errors) == (1, 0)
    assert {"numba", "scipy", "altair"}.isdisjoint(packages)
