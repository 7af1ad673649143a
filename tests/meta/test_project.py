"""What the project promises of itself: pins, test tools, documents, names, what stays out of it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from app.cli.main import muplan
from app.routes import SECTIONS
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, UNITS

PROJECT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [PROJECT / name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]


def texts():
    for path in tracked():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_the_pins_for_pip_and_for_uv_are_the_same():
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    assert PYPROJECT["tool"]["uv"]["constraint-dependencies"] == pins


def test_the_test_tools_for_pip_and_for_uv_are_the_same():
    extra = PYPROJECT["project"]["optional-dependencies"]["dev"]
    assert PYPROJECT["dependency-groups"]["dev"] == extra


def test_no_file_names_a_registry_or_a_lock():
    pattern = re.compile(r"pypi\.org|pythonhosted|--index-url|deb\.debian\.org|registry\.npmjs")
    here = Path(__file__).resolve()
    assert [str(p) for p, text in texts() if p != here and pattern.search(text)] == []
    assert [str(p) for p in tracked() if p.name.endswith(".lock")] == []


def test_no_tracked_file_is_large():
    assert [str(path) for path in tracked() if path.stat().st_size > 1_000_000] == []


def test_readme_names_every_command_and_every_page():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    titles = yaml.safe_load(
        (PROJECT / "app" / "locale" / "zh" / "pages.yaml").read_text(encoding="utf-8")
    )
    assert [name for name in muplan.commands if f"muplan {name}" not in readme] == []
    pages = [name for pages in SECTIONS.values() for name, _ in pages]
    assert [name for name in pages if titles[f"page_{name}"] not in readme] == []


def test_every_layer_of_the_design_has_a_contract():
    expected = [
        "units",
        "major_platforms",
        "approved_boundaries",
        "parks",
        "land_parcels",
        "barriers",
        "adjacency_decisions",
        "constraints",
        "data_coverage",
        "facilities",
        "enterprises",
        "element_allotments",
        "platform_indicators",
        "enterprise_indicators",
        "element_quotas",
        "projects",
        "project_events",
        "targets",
        "problems",
        "support_grants",
        "land_lists",
        "unit_milestones",
    ]
    assert list(CONTRACTS) == expected


def test_a_column_with_a_unit_carries_it_in_its_name():
    endings = {
        "亩": "_mu", "m²": "_m2", "m": "_m", "吨标煤": "_tce", "吨": "_t", "kWh": "_kwh",
        "%": "_pct",
    }  # fmt: skip
    for field in FIELDS.values():
        assert field.unit in UNITS, field.name
        if field.unit in endings:
            assert field.name.endswith(endings[field.unit]), field.name


def test_modules_stay_short_enough_to_read():
    long = [
        f"{path.relative_to(PROJECT)}: {len(text.splitlines())}"
        for path, text in texts()
        if path.suffix == ".py" and "tests" not in path.parts and len(text.splitlines()) > 800
    ]
    assert long == []
