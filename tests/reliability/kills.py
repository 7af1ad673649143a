"""Kill a process in the middle of a change, at random moments: ``python -m … --rounds 200``."""

import argparse
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pandas as pd

from app.answers.changes import restore
from layers.workspace.geopackage import GeoPackageWorkspace
from tests.reliability.city import (
    AT,
    SOURCE,
    ended,
    events,
    faults_of,
    forked,
    killed_at,
    make_city,
    meddle,
    parcels,
    state,
)


def do_import(path, beside):
    with GeoPackageWorkspace(path).edit("导入", AT, kind="import") as edit:
        edit.replace("land_parcels", parcels(0, 900, "新"), SOURCE)
        edit.quarantine("land_parcels", parcels(2000, 50), pd.Series(["x"] * 50))


def do_edit(path, beside):
    with GeoPackageWorkspace(path).edit("改", AT) as edit:
        edit.update("land_parcels", parcels(300, 200, "再改"), SOURCE)


def do_event(path, beside):
    with GeoPackageWorkspace(path).edit("录", AT, kind="entry") as edit:
        number = int(edit.read("project_events")["entry_seq"].max()) + 1
        edit.add("project_events", events(number, ["P7"], "signed", "2024-02-01"), SOURCE)
        project = edit.read("projects")
        edit.update("projects", project[project["project_id"] == "P7"].assign(stage="signed"),
                    SOURCE)  # fmt: skip


def do_adoption(path, beside):
    with GeoPackageWorkspace(path).edit("采用", AT, kind="adoption") as edit:
        edit.update("land_parcels", parcels(200, 50, "方案"), SOURCE)
        edit.add("land_parcels", parcels(1000, 50), SOURCE)
        edit.replace("units", edit.read("units").assign(name="方案市"), SOURCE)


def do_undo(path, beside):
    with GeoPackageWorkspace(path).edit("撤", AT, kind="undo") as edit:
        edit.undo(5)


def do_restore(path, beside):
    restore(beside, path, "试验")


WORK = {"import": do_import, "edit": do_edit, "event": do_event, "adoption": do_adoption,
        "undo": do_undo, "restore": do_restore}  # fmt: skip


def play(folder, rounds, seed=0):
    """Kill ``rounds`` changes, half of them in WAL mode beside another program.

    How many were killed before they took effect, after, and not in time, and every fault.
    """
    chance = random.Random(seed)
    city, old = folder / "city.gpkg", folder / "old.gpkg"
    make_city(city)
    shutil.copyfile(city, old)
    with GeoPackageWorkspace(old).edit("旧", AT) as edit:
        edit.replace("land_parcels", parcels(0, 300, "旧"), SOURCE)
    before, after, seconds = state(city), {}, {}
    for name, work in WORK.items():
        copied = folder / f"{name}.gpkg"
        shutil.copyfile(city, copied)
        start = time.monotonic()
        assert ended(forked(work, copied, old)) == 0, name
        seconds[name] = time.monotonic() - start
        after[name] = state(copied)
        assert after[name] != before
    counts, faults = Counter(), []
    for number in range(rounds):
        name = list(WORK)[number % len(WORK)]
        is_wal = number // len(WORK) % 2 == 1
        place = folder / f"round-{number}"
        place.mkdir()
        path = place / "w.gpkg"
        shutil.copyfile(city, path)
        if is_wal:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
        other = forked(meddle, path, number) if is_wal else None
        was_killed = killed_at(forked(WORK[name], path, old), chance.random() * seconds[name] * 1.5)
        if other is not None:
            os.kill(other, signal.SIGKILL)
            ended(other)
        now = state(path)
        which = "before" if now == before else "after" if now == after[name] else "neither"
        counts["killed" if was_killed else "ended", which] += 1
        wrong = faults_of(path)
        if which == "neither" or wrong or (not was_killed and which == "before" and not is_wal):
            faults.append((number, name, is_wal, which, wrong))
        with GeoPackageWorkspace(path).edit("后", AT) as edit:
            edit.update("units", edit.read("units"), SOURCE)
        left = {file.name.removeprefix("w.gpkg") for file in place.iterdir()}
        if not left <= {"", ".backups"} | ({"-wal", "-shm"} if is_wal else set()):
            faults.append((number, name, is_wal, "left", sorted(left)))
        shutil.rmtree(place)
        if number % 10 == 9:
            print(number + 1, dict(counts), faults, flush=True)
    return counts, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts, faults = play(Path(folder), asked.rounds, asked.seed)
    for (fate, which), count in sorted(counts.items()):
        print(f"{fate}, state {which}: {count}")
    print(f"faults: {len(faults)}", *faults, sep="\n")


if __name__ == "__main__":
    main()
