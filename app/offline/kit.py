"""How the folder for a computer without internet is made: pip fetches, nothing is installed."""

import hashlib
import json
import os
import shutil
import subprocess
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.context import PROJECT
from app.offline.pins import environment, pins_for
from geo.errors import MuPlanError
from layers.scratch import temporary_folder

TAGS = {
    "windows": ("win_amd64",),
    "linux": (
        *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux2014_x86_64",
        "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64",
    ),
}  # fmt: skip
"""Tags of wheels that run there."""

WINDOWS_START = """@echo off
chcp 65001 >nul
cd /d "%~dp0"
for %%v in ({pythons}) do (
    py -%%v -c "" >nul 2>nul && (
        py -%%v start.py %*
        goto :done
    )
)
python start.py %*
:done
if errorlevel 1 pause
"""
LINUX_START = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
for version in {pythons}; do
    if command -v "python$version" >/dev/null 2>&1; then
        exec "python$version" start.py "$@"
    fi
done
exec python3 start.py "$@"
"""


@dataclass(frozen=True)
class Kit:
    """What was made.

    ``folder``: Where.
    ``wheels``: Number of packages in it.
    ``bytes``: Size of all files.
    """

    folder: Path
    wheels: int
    bytes: int


def make_kit(
    folder: Path,
    platforms: Sequence[str],
    pythons: Sequence[str],
    made_on: str,
    words: Callable[[str], str],
    tell: Callable[[str], None] = lambda line: None,
) -> Kit:
    """Make the folder.

    ``folder``: A folder that doesn't exist yet, or is empty.
    ``made_on``: Moment it is made (ISO), told apart by it from an older one.
    ``words``: Sentences by code, for the page of instructions.

    Raises MuPlanError: ``offline_folder_full``, ``offline_needs_source`` outside a checkout,
    ``offline_fetch_failed`` with what pip said last.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MuPlanError("offline_folder_full", path=str(folder))
    if not (PROJECT / "pyproject.toml").is_file():
        raise MuPlanError("offline_needs_source")
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    with temporary_folder() as place:
        pip = _own_pip(place)
        tell("muplan")
        _run(pip, "wheel", "--no-deps", "-w", str(wheels), str(PROJECT))
        for platform in platforms:
            for python in pythons:
                tell(f"{platform} · Python {python}")
                _fetch(pip, wheels, platform, python)
    _write_files(folder, pythons, made_on, words)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Kit(folder, len(list(wheels.glob("*.whl"))), sum(path.stat().st_size for path in files))


def _own_pip(place: Path) -> list[str]:
    """Give a pip of its own: the environment the product runs in may have none."""
    venv.create(place, with_pip=True)
    inside = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return [str(place.joinpath(*inside)), "-m", "pip", "--disable-pip-version-check"]


def _fetch(pip: list[str], wheels: Path, platform: str, python: str) -> None:
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = pins_for("muplan", lines, environment(platform, python))
    wanted = [f"{name}=={number}" for name, number in pins.items()]
    there = [
        "--only-binary", ":all:", "--python-version", python, "--implementation", "cp",
        *(part for tag in TAGS[platform] for part in ("--platform", tag)),
    ]  # fmt: skip
    where = ["download", "--no-deps", "-d", str(wheels), *there]
    try:
        _run(pip, *where, *wanted)
    except MuPlanError:
        for requirement in wanted:
            _fetch_one(pip, where, wheels, requirement)
    # What each wheel itself says it needs has to be in the folder, else the start there would fail.
    # `install --dry-run` would ask for the Python that runs here; `download` asks for the other.
    with temporary_folder() as place:
        product = f"muplan=={version('muplan')}"
        options = ["--no-index", "--find-links", str(wheels), "-d", str(place)]
        _run(pip, "download", *options, *there, product, *wanted)


def _fetch_one(pip: list[str], where: list[str], wheels: Path, wanted: str) -> None:
    """Fetch a package, or build it where there is only its source and it runs everywhere."""
    try:
        _run(pip, *where, wanted)
    except MuPlanError:
        with temporary_folder() as place:
            _run(pip, "wheel", "--no-deps", "-w", str(place), wanted)
            (built,) = place.glob("*.whl")
            if not built.name.endswith("-none-any.whl"):
                raise MuPlanError("offline_no_wheel", package=wanted) from None
            shutil.copy(built, wheels)


def _run(pip: list[str], *arguments: str) -> None:
    ran = subprocess.run(
        [*pip, *arguments, "-q"], capture_output=True, text=True, encoding="utf-8",
        errors="replace", check=False,
    )  # fmt: skip
    if ran.returncode:
        last = [line for line in ran.stderr.splitlines() if line.strip()][-1:]
        raise MuPlanError("offline_fetch_failed", why="".join(last))


def _write_files(
    folder: Path, pythons: Sequence[str], made_on: str, words: Callable[[str], str]
) -> None:
    newest_first = " ".join(sorted(pythons, reverse=True))
    shutil.copy(Path(__file__).with_name("start.py"), folder / "start.py")
    shutil.copy(PROJECT / "constraints.txt", folder)
    shutil.copytree(PROJECT / ".streamlit", folder / ".streamlit")
    kit = {"version": version("muplan"), "made": made_on, "pythons": list(pythons)}
    (folder / "kit.json").write_text(json.dumps(kit), encoding="utf-8")
    _write(folder / "启动.bat", WINDOWS_START.format(pythons=newest_first), "\r\n")
    _write(folder / "start.sh", LINUX_START.format(pythons=newest_first), "\n")
    (folder / "start.sh").chmod(0o755)
    _write(folder / "使用说明.txt", words("offline_instructions"), "\r\n")
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    _write(folder / "SHA256SUMS", "\n".join(sums) + "\n", "\n")


def _write(path: Path, text: str, newline: str) -> None:
    path.write_text(text, encoding="utf-8", newline=newline)
