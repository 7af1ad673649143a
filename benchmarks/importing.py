"""An import from file to workspace, against reading and writing the same file with pyogrio."""

import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import Parcels, parcels
from layers.exchange.checks.decide import Checks
from layers.exchange.checks.faults import parse_fault_table
from layers.exchange.importing import run_import
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

CITY = CRS(4549)
AT = "2025-01-01T00:00:00"
TABLE = Path(__file__).parent.parent / "data" / "exchange" / "faults.yaml"
LAYER = "land_parcels"


def contest(n: int) -> Contest:
    """Set up the contest for a GeoPackage of n parcels with six columns."""
    folder = Path(tempfile.mkdtemp(prefix="muplan-importing-"))
    source = folder / "in.gpkg"
    made = parcels(n)
    write_source(source, made)
    points = int(shapely.get_num_coordinates(made.polygons).sum())
    return Contest(
        kernel="importing",
        n=n,
        ours=lambda: imported(source, folder),
        peers={"pyogrio, read and write": lambda: copied(source, folder)},
        tolerance=1e-12,
        clock="wall",
        coordinate_mb=points * 16 / 1024**2,
        notes=(
            "from a GeoPackage into an empty workspace: read, placed, named, held against the "
            "contract, looked through for overlaps, duplicates, declared areas and dates, written "
            "to a copy that takes the workspace's place; gaps are looked for in smaller files only",
            f"greatest memory of a process that does nothing else: {peak_mb(source, folder):,.0f} "
            "MB in all",
            "the import's time in reads and writes of pyogrio is 1 / (times ours)",
        ),
        close=lambda: shutil.rmtree(folder, ignore_errors=True),
    )


def write_source(path: Path, made: Parcels) -> None:
    """Write parcels as a survey office would: words for codes, dates, declared areas."""
    count = len(made.polygons)
    rows = {
        "地块编号": [f"P{number:07d}" for number in range(count)],
        "名称": [f"地块{number}" for number in range(count)],
        "地块状态": np.where(made.is_ready, "净地", "已供"),
        "登记面积": np.round(shapely.area(made.polygons), 2),
        "状态日期": [f"2024-{number % 12 + 1:02d}-15" for number in range(count)],
        "权属": ["国有"] * count,
    }
    pyogrio.write_dataframe(gpd.GeoDataFrame(rows, geometry=made.polygons, crs=CITY), path)


def imported(source: Path, folder: Path) -> Figures:
    """Import the file as the command does."""
    path = folder / "workspace.gpkg"
    path.unlink(missing_ok=True)
    workspace = create_workspace(path, CITY, title="benchmark", created_at=AT)
    checks = Checks(parse_fault_table(TABLE.read_text(encoding="utf-8")))
    result = run_import(workspace, ImportRequest(source, LAYER), "benchmark", AT, checks)
    (held,) = [one for one in GeoPackageWorkspace(path).layers() if one.name == LAYER]
    assert held.rows == result.accepted
    return {"rows": float(held.rows)}


def copied(source: Path, folder: Path) -> Figures:
    """Read the file and write it again."""
    path = folder / "copy.gpkg"
    path.unlink(missing_ok=True)
    frame = pyogrio.read_dataframe(source)
    pyogrio.write_dataframe(frame, path)
    return {"rows": float(len(frame))}


def peak_mb(source: Path, folder: Path) -> float:
    """Measure the greatest memory of a process of its own that imports the file [MB]."""
    if platform.system() != "Linux":
        return float("nan")
    code = "import sys; from benchmarks.importing import measured; measured(*sys.argv[1:])"
    run = subprocess.run(
        [sys.executable, "-c", code, str(source), str(folder)],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return float(run.stdout)


def measured(source: str, folder: str) -> None:
    """Import once and print the greatest memory [MB]."""
    imported(Path(source), Path(folder))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
