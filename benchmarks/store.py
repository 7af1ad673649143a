"""What a change of a workspace takes, beside the same job of another checkout.

The other checkout is one of before changes became transactions on the file itself
(docs/decisions/0038): ``git worktree add OTHER c994164``.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.start import cpu_seconds

AT = "2025-11-30T08:00:00+08:00"

JOB = """
import json, sys, time
from pathlib import Path
import geopandas as gpd, numpy as np, pandas as pd, shapely
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.protocol import Provenance
job, path, n, at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
workspace, source = GeoPackageWorkspace(path), Provenance("b", at)

def event():
    events = workspace.read("project_events")
    last = int(events["entry_seq"].max())
    row = events.tail(1).assign(event_id=f"b-{last + 1}", entry_seq=last + 1)
    return "add", "project_events", row

def row():
    return "update", "land_parcels", workspace.read("land_parcels").head(1).assign(note="b")

def replace():
    return "replace", "land_parcels", workspace.read("land_parcels").assign(note="b")

def bring():
    x, y = np.arange(n) % 1000 * 100.0 + 500_000, np.arange(n) // 1000 * 100.0 + 3_300_000
    shapes = shapely.box(x, y, x + 80, y + 80)
    ids = np.char.add("p", np.arange(n).astype(str)).astype(object)
    rows = gpd.GeoDataFrame({"parcel_id": ids, "state": "unknown"}, geometry=shapes, crs=4549)
    return "add", "land_parcels", rows

def changed(make):
    verb, layer, rows = make()
    before, begun = time.process_time(), time.perf_counter()
    with workspace.edit("b", at) as edit:
        getattr(edit, verb)(layer, rows, source)
    after, wall = time.process_time(), time.perf_counter() - begun
    return {"cpu_s": after - before, "wall_s": wall,
            "hash": workspace.content_hash(layer)}

if job not in ("first_event", "import"):
    changed(event)  # the first one of a day makes the backup, the first one at all seals the ledger
make = {"first_event": event, "event": event, "row": row, "replace": replace, "import": bring}[job]
print(json.dumps(changed(make)))
"""


def compared(other: Path, n: int, rounds: int) -> dict[str, object]:
    """Run each job on this checkout and on another one, round by round.

    Parameters
    ----------
    other
        Another checkout.
    n
        Parcels that are imported into an empty workspace.
    rounds
        Times that each job is run; the median counts.

    Returns
    -------
    dict
        By job the CPU and wall seconds of both and their ratios: the first event entered into a
        file of before (with the backup of the day, and the ledger sealed for the first time), the
        next one, one row changed, a layer replaced, an import; ``event_to_info``, the CPU seconds
        of entering one event as a command beside those of ``info``.
    """
    here = Path(__file__).parents[1]
    answers: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        city, empty = Path(folder) / "city.gpkg", Path(folder) / "empty.gpkg"
        for arguments in (("demo", str(city), "--size", "city"), ("new", str(empty))):
            subprocess.run(
                [sys.executable, "-m", "app.cli.main", *arguments], cwd=other, check=True,
                env=_environment(other), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        for job in ("first_event", "event", "row", "replace", "import"):
            template = empty if job == "import" else city
            runs: dict[Path, list[dict[str, float]]] = {here: [], other: []}
            for _ in range(rounds):
                for checkout, done in runs.items():
                    done.append(_run(checkout, job, template, n))
            hashes = {str(run["hash"]) for done in runs.values() for run in done}
            ours, theirs = (
                {key: median(run[key] for run in done) for key in ("cpu_s", "wall_s")}
                for done in runs.values()
            )
            answers[job] = {
                "cpu_s": round(ours["cpu_s"], 3), "before_cpu_s": round(theirs["cpu_s"], 3),
                "cpu_ratio": round(ours["cpu_s"] / theirs["cpu_s"], 3),
                "wall_s": round(ours["wall_s"], 3), "before_wall_s": round(theirs["wall_s"], 3),
                "wall_ratio": round(ours["wall_s"] / theirs["wall_s"], 3),
                "same_answer": len(hashes) == 1 or job.endswith("event"),
            }  # fmt: skip
        answers["event_to_info"] = _event_to_info(city, rounds)
    return answers


def _environment(checkout: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(checkout)}


def _run(checkout: Path, job: str, template: Path, n: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        shutil.copyfile(template, path)
        time.sleep(0.2)  # what the copy left for the disk shouldn't count
        done = subprocess.run(
            [sys.executable, "-c", JOB, job, str(path), str(n), AT], cwd=checkout, check=True,
            env=_environment(checkout), capture_output=True, text=True,
        )  # fmt: skip
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return measured


def _event_to_info(city: Path, rounds: int) -> float:
    """Give the CPU seconds of entering an event beside those of ``info``, whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.gpkg"
        shutil.copyfile(city, path)
        command = ["-m", "app.cli.main"]
        entry = [
            *command, "project", "event", str(path), "--project", "xm-0001", "--kind", "updated",
            "--on", "2025-10-30", "--unit", _unit_of(path),
        ]  # fmt: skip
        cpu_seconds(entry)  # the backup of the day is made once
        taken = [(cpu_seconds(entry), cpu_seconds([*command, "info", str(path)]))
                 for _ in range(rounds)]  # fmt: skip
        return round(median(event / info for event, info in taken), 3)


def _unit_of(path: Path) -> str:
    from layers.workspace.geopackage import GeoPackageWorkspace

    projects = GeoPackageWorkspace(path).read("projects")
    return str(projects.loc[projects["project_id"].eq("xm-0001"), "unit_id"].iloc[0])
