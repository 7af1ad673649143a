"""A small city for the trials of reliability: layers, a raster, a ledger, two changes to undo."""

import os
import random
import signal
import sqlite3
import time
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.raster import Raster
from layers.contracts import CONTRACTS
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

AT = "2025-03-04T05:06:07+08:00"
CITY = CRS(4549)
WEST, SOUTH = 571_000.0, 3_400_000.0
PARCELS = 600
"""Enough for an index of two levels, and for pages that are written before the end."""
PROJECTS = 50
SOURCE = Provenance("试验", AT)


def parcels(first, count, mark=""):
    numbers = range(first, first + count)
    shapes = [
        shapely.box(WEST + 20 * (n % 40), SOUTH + 20 * (n // 40), WEST + 20 * (n % 40) + 15,
                    SOUTH + 20 * (n // 40) + 15)
        for n in numbers
    ]  # fmt: skip
    frame = {"parcel_id": [f"D{n}" for n in numbers], "name": [f"{mark}地块{n}" for n in numbers]}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=CITY)


def events(first, projects, kind, day):
    return pd.DataFrame(
        {"event_id": [f"E{first + n}" for n in range(len(projects))], "project_id": projects,
         "event_kind": kind, "event_on": day, "entered_at": AT, "unit_id": "330481",
         "entry_seq": range(first, first + len(projects))}
    )  # fmt: skip


def make_city(path):
    """Make the workspace: six changes, of which the third to fifth can be undone."""
    workspace = create_workspace(path, CITY, title="试验市", created_at=AT)
    unit = gpd.GeoDataFrame(
        {"unit_id": ["330481"], "name": ["海宁市"], "unit_kind": ["county"]},
        geometry=[shapely.box(WEST - 1e4, SOUTH - 1e4, WEST + 1e4, SOUTH + 1e4)], crs=CITY,
    )  # fmt: skip
    projects = pd.DataFrame(
        {"project_id": [f"P{n}" for n in range(PROJECTS)], "stage": "in_talks",
         "name": [f"项目{n}" for n in range(PROJECTS)], "unit_id": "330481"}
    )  # fmt: skip
    with workspace.edit("甲", AT, kind="import") as edit:
        edit.replace("units", unit, SOURCE)
        edit.replace("projects", projects, SOURCE)
        edit.replace("project_events", events(1, list(projects["project_id"]), "first_report",
                                              "2024-01-01"), SOURCE)  # fmt: skip
        heights = np.arange(40_000, dtype=np.float32).reshape(200, 200)
        edit.replace_raster("dem", Raster(heights, WEST, SOUTH + 2000, 10.0, 10.0, CITY))
    with workspace.edit("甲", AT, kind="import") as edit:
        edit.replace("land_parcels", parcels(0, PARCELS), SOURCE)
    with workspace.edit("乙", AT) as edit:
        edit.update("land_parcels", parcels(0, 50, "改"), SOURCE)
    with workspace.edit("乙", AT) as edit:
        edit.add("land_parcels", parcels(PARCELS, 100), SOURCE)
    with workspace.edit("乙", AT) as edit:
        edit.update("land_parcels", parcels(100, 100, "改"), SOURCE)
    return workspace


def state(path):
    """Give what a workspace holds: a hash of each layer, and of the raster."""
    workspace = GeoPackageWorkspace(path)
    dem = workspace.read_raster("dem")
    hashes = {name: workspace.content_hash(name) for name in workspace if name in CONTRACTS}
    return {**hashes, "dem": None if dem is None else hash(dem.cells.tobytes())}


def faults_of(path):
    """List everything that is not as it should be in a file: damage, indexes, the chain."""
    faults = []
    with closing(sqlite3.connect(path)) as connection:
        (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if answer != "ok":
            faults.append(f"integrity_check: {answer}")
        indexes = connection.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%rtree%'"
        ).fetchall()
        for (index,) in indexes:
            (answer,) = connection.execute("SELECT rtreecheck(?)", (index,)).fetchone()
            if answer != "ok":
                faults.append(f"rtreecheck {index}: {answer}")
            layer = index.removeprefix("rtree_").removesuffix("_geometry")
            rows = f'SELECT fid FROM "{layer}" WHERE geometry IS NOT NULL'
            listed = f'SELECT id FROM "{index}"'
            for one, other in ((rows, listed), (listed, rows)):
                if connection.execute(f"{one} EXCEPT {other} LIMIT 1").fetchone():
                    faults.append(f"{index} and its layer differ")
    return faults + [str(change) for change in GeoPackageWorkspace(path).outside_changes()]


def forked(work, *values):
    """Start a process that does one thing and ends; give its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work(*values)
        code = 0
    finally:
        os._exit(code)


def ended(child):
    """Wait for a process and give its exit code, negative where it was killed."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def killed_at(child, seconds):
    """Kill a process after some seconds; say whether it was still at work."""
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return ended(child) < 0


def meddle(path, seed):
    """Read and write a table of another program until killed."""
    chance = random.Random(seed)
    while True:
        try:
            with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as other:
                other.execute("CREATE TABLE IF NOT EXISTS notes (n INTEGER)")
                other.execute("INSERT INTO notes VALUES (1)")
                other.execute("SELECT count(*) FROM land_parcels").fetchone()
        except sqlite3.OperationalError:
            pass  # it waits for nobody
        time.sleep(chance.random() / 50)
