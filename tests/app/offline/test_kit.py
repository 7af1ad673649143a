"""The kit for computers without internet: which packages, which files, refused before any fetch."""

import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from app.offline import kit as kit_module
from app.offline.kit import make_kit
from app.offline.pins import PLATFORMS, PYTHONS, environment, pins_for
from geo.errors import MuPlanError

PROJECT = Path(__file__).resolve().parents[3]
PINS = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_package_that_the_product_asks_for_is_pinned_for_every_computer(platform, python):
    found = pins_for("muplan", PINS, environment(platform, python))
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {"streamlit", "numba", "llvmlite", "geopandas", "jinja2"} <= set(found)
    assert len(found) > len(declared["project"]["dependencies"])
    assert "pytest" not in found


def test_a_condition_is_read_for_the_computer_asked_for_and_not_for_this_one(monkeypatch):
    asks = ["one; sys_platform == 'win32'", "two; python_version < '3.12'", "three[more]"]
    more = ["four; extra == 'more'", "five; extra == 'other'"]
    held = {"muplan": asks, "three": more}
    monkeypatch.setattr("app.offline.pins.requires", lambda name: held.get(name, []))
    pins = [
        "one==1", "two==2.0 ; python_full_version < '3.12'", "three==3.1 ; sys_platform == 'win32'",
        "three==3.0 ; sys_platform != 'win32'", "four==4", "five==5", "# none",
    ]  # fmt: skip
    assert pins_for("muplan", pins, environment("windows", "3.12")) == {
        "one": "1", "three": "3.1", "four": "4",
    }  # fmt: skip
    assert pins_for("muplan", pins, environment("linux", "3.11")) == {
        "two": "2.0", "three": "3.0", "four": "4",
    }  # fmt: skip
    with pytest.raises(MuPlanError) as raised:
        pins_for("muplan", pins[1:], environment("windows", "3.11"))
    assert raised.value.code == "offline_pin_missing"


@pytest.fixture
def asked_of_pip(monkeypatch):
    """Keep what pip would be asked, and fetch nothing."""
    asked = []
    monkeypatch.setattr(kit_module, "_own_pip", lambda place: ["pip"])
    monkeypatch.setattr(kit_module, "_run", lambda pip, *arguments: asked.append(arguments))
    return asked


def test_the_folder_holds_what_a_double_click_needs(asked_of_pip, tmp_path):
    folder = tmp_path / "离线"
    made = make_kit(folder, ("windows",), ("3.12", "3.11"), "2025-01-01", lambda code: code)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "start.py", "启动.bat", "start.sh", "constraints.txt", "kit.json", "使用说明.txt",
        "SHA256SUMS", ".streamlit/config.toml",
    }  # fmt: skip
    batch = (folder / "启动.bat").read_bytes()
    assert batch.count(b"\n") == batch.count(b"\r\n")
    assert b"(3.12 3.11)" in batch
    assert (folder / "start.sh").stat().st_mode & 0o111
    assert made.wheels == 0
    wheel, *rest = asked_of_pip
    assert wheel[0] == "wheel"
    assert [arguments[0] for arguments in rest] == ["download", "download"] * 2
    assert "win_amd64" in rest[0]
    assert "--no-deps" in rest[0]
    assert "--no-index" in rest[1]
    assert f"muplan=={version('muplan')}" in rest[1]


def test_a_folder_that_holds_something_is_left_alone(refused, tmp_path):
    (tmp_path / "workspace.gpkg").write_text("mine")
    assert str(tmp_path) in refused("offline-kit", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["workspace.gpkg"]


def test_the_start_script_refuses_a_python_that_no_package_is_for(tmp_path):
    (tmp_path / "start.py").write_bytes((PROJECT / "app" / "offline" / "start.py").read_bytes())
    (tmp_path / "kit.json").write_text('{"version": "0", "made": "", "pythons": ["2.7"]}')
    ran = subprocess.run(
        [sys.executable, "start.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "2.7" in ran.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_wheel_takes_along_every_file_that_the_product_reads():
    setuptools = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "setuptools"
    ]
    assert setuptools["py-modules"] == ["streamlit_app"]
    assert "data*" in setuptools["packages"]["find"]["include"]
    endings = {pattern.removeprefix("*") for pattern in setuptools["package-data"]["*"]}
    kept = [path for path in (PROJECT / "data").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} <= endings
