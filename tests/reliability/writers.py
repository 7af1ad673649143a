"""Many processes enter events at the same time: ``python -m … --writers 50``."""

import argparse
import os
import tempfile
from pathlib import Path

from app.cli.main import answer
from layers.workspace import sqlite_file
from layers.workspace.geopackage import GeoPackageWorkspace
from tests.reliability.city import ended, faults_of, forked, make_city


def enter(path, number):
    """Enter the signing of one project, as the command does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code = answer(["project", "event", str(path), "--project", f"P{number}", "--kind", "signed",
                   "--on", "2024-02-01", "--unit", "330481", "--actor", "甲"])  # fmt: skip
    os._exit(code)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--writers", type=int, default=50)
    asked = parser.parse_args()
    sqlite_file.BUSY_SECONDS = 3600.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        make_city(path)
        children = [forked(enter, path, number) for number in range(asked.writers)]
        codes = [ended(child) for child in children]
        events = GeoPackageWorkspace(path).read("project_events")
        fresh = events[events["event_kind"] == "signed"]
        numbers = sorted(fresh["entry_seq"])
        print(f"exit 0: {codes.count(0)} of {asked.writers}; events entered: {len(fresh)}")
        print(f"numbers without a gap: {numbers == list(range(51, 51 + asked.writers))}")
        print("faults:", *faults_of(path))


if __name__ == "__main__":
    main()
