"""Hostile and oversized inputs: made from seeds, run one by one in child processes with limits.

``python -m tests.reliability.bounds`` runs all; words behind it choose by the beginning of a name.
One JSON line each: input, command, outcome, seconds, peak memory, last line said. The table of
``docs/reliability.md`` is its output.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from pyproj import CRS

PROJECT = Path(__file__).resolve().parents[2]
CITY = "EPSG:4549"
EAST, NORTH = 550_000.0, 3_400_000.0

SECONDS, MEGABYTES = 600, 16_000
"""What a child process may take before it is ended: far above every stated bound."""


@dataclass(frozen=True)
class Outcome:
    """How one command ended.

    ``outcome``: done, refused (a sentence and status 1 or 2), timeout, killed or crashed.
    """

    input: str
    command: str
    outcome: str
    seconds: float
    cpu_seconds: float
    peak_mb: int
    said: str


def run(name: str, *words: str, seconds: int = SECONDS) -> Outcome:
    """Run a command of the product in a child process with limits."""

    def limited() -> None:
        size = MEGABYTES * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with tempfile.TemporaryFile("w+") as said:
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", *words], cwd=PROJECT, env=environment,
            stdout=said, stderr=subprocess.STDOUT, preexec_fn=limited,
        )  # fmt: skip
        usage, ended = None, False
        while time.monotonic() - begun < seconds:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended := pid != 0:
                break
            time.sleep(0.05)
        if not ended:
            child.kill()
            _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        spent = time.monotonic() - begun
        said.seek(0)
        text = said.read()
    lines = [line for line in text.splitlines() if line.strip()]
    if not ended:
        outcome = "timeout"
    elif child.returncode < 0:
        outcome = "killed"
    elif "Traceback" in text:
        outcome = "crashed"
    else:
        outcome = "done" if child.returncode == 0 else "refused"
    assert usage is not None
    outcome_of_run = Outcome(
        name, " ".join(words[:1]), outcome, round(spent, 1),
        round(usage.ru_utime + usage.ru_stime, 1), usage.ru_maxrss // 1024,
        (lines[-1] if lines else "")[:300],
    )  # fmt: skip
    if name:
        print(json.dumps(asdict(outcome_of_run), ensure_ascii=False), flush=True)
    return outcome_of_run


def write_parcels(path: Path, shapes: list[shapely.Geometry]) -> None:
    """Write shapes as parcels that are on offer."""
    count = len(shapes)
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": [f"P{number}" for number in range(count)],
            "state": ["cleared"] * count,
            "land_use_code": ["1001"] * count,
        },
        geometry=shapes, crs=CITY,
    )  # fmt: skip
    frame.to_file(path)


def holed(count: int, step: float = 10.0) -> shapely.Polygon:
    """Make a polygon with square holes in rows."""
    side = int(np.ceil(np.sqrt(count)))
    holes = []
    for number in range(count):
        x = EAST + step * (number % side) + 2
        y = NORTH + step * (number // side) + 2
        holes.append([(x, y), (x, y + 5), (x + 5, y + 5), (x + 5, y), (x, y)])
    whole = shapely.box(EAST, NORTH, EAST + step * side, NORTH + step * side)
    return shapely.Polygon(whole.exterior, holes)


def star(count: int) -> shapely.Polygon:
    """Make a valid outline that zigzags around a circle."""
    radius = np.where(np.arange(count) % 2, 900.0, 1000.0)
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = EAST + 1000 + radius * np.cos(angle), NORTH + 1000 + radius * np.sin(angle)
    return shapely.Polygon(np.column_stack([x, y]))


def lake(count: int, seed: int = 3) -> shapely.Polygon:
    """Make a winding outline that crosses itself once, of so many corners."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    waves = np.random.default_rng(seed).uniform(0, 6, 40)
    radius = 1500 + sum(300 / (k + 2) * np.sin((k + 2) * angle + w) for k, w in enumerate(waves))
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    points[[count // 3, count // 3 + 40]] = points[[count // 3 + 40, count // 3]]
    return shapely.Polygon(points + np.array([EAST + 2000, NORTH + 2000]))


def bow_tie(count: int) -> shapely.Polygon:
    """Make an outline that crosses itself once, of so many corners."""
    points = shapely.get_coordinates(star(count))[:-1]
    points[[count // 3, count // 3 + 40]] = points[[count // 3 + 40, count // 3]]
    return shapely.Polygon(points)


def tangle(count: int, seed: int = 7) -> shapely.Polygon:
    """Make an outline whose sides cross at random: about a quarter of all pairs."""
    points = np.random.default_rng(seed).uniform(0, 2000, (count, 2))
    return shapely.Polygon(points + np.array([EAST, NORTH]))


def workspace(folder: Path, name: str) -> str:
    """Make an empty workspace."""
    path = folder / f"{name}.gpkg"
    ended = run("", "new", str(path), "--crs", CITY, "--title", "bounds")
    assert ended.outcome == "done", ended
    return str(path)


def imported(
    folder: Path, name: str, source: Path, *further: tuple[str, ...], options: tuple[str, ...] = ()
) -> list[Outcome]:
    """Import a file as parcels, then run further commands on the workspace."""
    place = workspace(folder, f"ws_{source.stem}_{source.suffix[1:]}")
    outcomes = [run(name, "import", place, str(source), "--layer", "land_parcels", *options)]
    if outcomes[0].outcome == "done":
        outcomes += [run(name, words[0], place, *words[1:]) for words in further]
    return outcomes


def holes(folder: Path) -> list[Outcome]:
    """Run a polygon with 50 000 holes."""
    outcomes = []
    geopackage, geojson = folder / "holes.gpkg", folder / "holes.geojson"
    write_parcels(geopackage, [holed(50_000)])
    gpd.read_file(geopackage).to_crs("EPSG:4326").to_file(geojson)
    outcomes += imported(folder, "50 000 holes (GeoPackage)", geopackage, ("blocks",),
                         ("blocks", "--curve"), ("blocks", "--min-neck-m", "3"),
                         ("blocks", "--min-neck-m", "6"), ("topology",))  # fmt: skip
    outcomes += imported(folder, "50 000 holes (GeoJSON)", geojson)
    return outcomes


def squares(folder: Path) -> list[Outcome]:
    """Run 10 000 equal squares, one upon the other."""
    path = folder / "squares.gpkg"
    write_parcels(path, [shapely.box(EAST, NORTH, EAST + 200, NORTH + 200)] * 10_000)
    return imported(folder, "10 000 equal squares", path, ("blocks",), ("topology",))


def shifted(folder: Path) -> list[Outcome]:
    """Run 3 000 squares, each a little further: all overlap, none is equal."""
    path = folder / "shifted.gpkg"
    moved = [
        shapely.box(EAST + n / 50, NORTH + n / 70, EAST + n / 50 + 200, NORTH + n / 70 + 200)
        for n in range(3_000)
    ]
    write_parcels(path, moved)
    return imported(folder, "3 000 shifted squares", path, ("blocks",), ("topology",))


def vertices(folder: Path) -> list[Outcome]:
    """Run outlines of 100 000 corners: valid, crossing once, crossing everywhere."""
    outcomes = []
    kinds = {"valid": star, "lake crossing itself": lake, "comb crossing itself": bow_tie,
             "tangled": tangle}  # fmt: skip
    for kind, make in kinds.items():
        path = folder / f"vertices_{kind.replace(' ', '_')}.gpkg"
        write_parcels(path, [make(100_000), shapely.box(EAST, NORTH, EAST + 50, NORTH + 50)])
        name = f"100 000 corners, {kind}"
        outcomes += imported(folder, name, path, ("blocks",), ("topology",))
    return outcomes


def laughs(levels: int = 9, width: int = 9) -> str:
    """Write anchors of which each holds the one before many times."""
    lines = [f"a0: &a0 [{', '.join(['lol'] * width)}]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]")
    return "\n".join(lines) + "\n"


def yaml_files(folder: Path) -> list[Outcome]:
    """Run YAML that grows, that nests, and that is large, wherever a file of the user is read."""
    place = workspace(folder, "ws_yaml")
    texts = {
        "anchors as a value": laughs() + "id: *a8\ntitle: *a8\nproject_id: *a8\nname: *a8\n",
        "anchors in a list": laughs() + "- 1\n",
        "anchors, demand": laughs() + "area_mu: *a8\n",
        "depth": "id: " + "[" * 100_000 + "\n",
        "size": "id: [" + "x, " * 20_000_000 + "x]\n",
        "long line of anchors": "a: &a x\nid: [" + "*a, " * 500_000 + "*a]\n",
    }
    outcomes = []
    for name, text in texts.items():
        path = folder / f"yaml_{name.replace(' ', '_').replace(',', '')}.yaml"
        path.write_text(text, encoding="utf-8")
        for words in (
            ("indicators", place, "--by", "enterprise", "--scheme", str(path)),
            ("match", place, "--project", str(path)),
            ("place", place, "--projects", str(path)),
        ):
            outcomes.append(run(f"YAML, {name}", *words))
    return outcomes


def write_dem(path: Path, side: int) -> None:
    """Write a DEM in tiles, each of one height: small on disk."""
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32",
        "crs": CITY, "transform": rasterio.Affine(5, 0, 500_000, 0, -5, 3_450_000),
        "tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate",
        "SPARSE_OK": True,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for row in range(0, side, 512):
            window = rasterio.windows.Window(0, row, side, min(512, side - row))
            cells = np.full((window.height, side), 10 + row / 1000, dtype=np.float32)
            target.write(cells, 1, window=window)


def dem(folder: Path) -> list[Outcome]:
    """Run DEMs at and beyond the limit."""
    outcomes = []
    for side in (10_000, 12_600, 20_000):
        path = folder / f"dem_{side}.tif"
        write_dem(path, side)
        place = workspace(folder, f"ws_dem_{side}")
        outcomes.append(run(f"DEM {side} × {side}", "import", place, str(path), "--layer", "dem"))
        path.unlink()
    return outcomes


def write_csv(path: Path, rows: int, wkt: bool) -> None:
    """Write parcels as a list, with outlines as WKT or without."""
    side = int(np.ceil(np.sqrt(rows)))
    with path.open("w", encoding="utf-8") as handle:
        handle.write("parcel_id,name,state,area_declared_m2" + (",wkt\n" if wkt else "\n"))
        for number in range(rows):
            x, y = EAST - 30_000 + 40 * (number % side), NORTH - 30_000 + 40 * (number // side)
            text = ""
            if wkt:
                corners = ((x, y), (x + 30, y), (x + 30, y + 30), (x, y + 30), (x, y))
                text = f',"POLYGON (({", ".join(f"{a} {b}" for a, b in corners)}))"'
            handle.write(f"P{number},地块{number},cleared,900{text}\n")


def write_enterprises(path: Path, rows: int) -> None:
    """Write enterprises as a list without coordinates."""
    with path.open("w", encoding="utf-8") as handle:
        handle.write("enterprise_id,name,unit_id,industry_code\n")
        for number in range(rows):
            handle.write(f"E{number},企业{number},N,C39\n")


def csv_rows(folder: Path) -> list[Outcome]:
    """Run lists at and beyond the limit."""
    outcomes = []
    for rows in (200_000, 1_000_000, 3_000_000):
        plain, shapes = folder / f"enterprises_{rows}.csv", folder / f"parcels_{rows}.csv"
        write_enterprises(plain, rows)
        write_csv(shapes, rows, wkt=True)
        place = workspace(folder, f"ws_csv_{rows}")
        words = ("--layer", "enterprises", "--map", "industry_code=industry_code")
        outcomes.append(run(f"CSV, {rows:,} rows", "import", place, str(plain), *words[:2]))
        words = ("--layer", "land_parcels", "--crs", CITY)
        outcomes.append(run(f"CSV with WKT, {rows:,} rows", "import", place, str(shapes), *words))
        plain.unlink()
        shapes.unlink()
    return outcomes


CASES: dict[str, Callable[[Path], list[Outcome]]] = {
    "holes": holes, "squares": squares, "shifted": shifted, "vertices": vertices,
    "yaml": yaml_files, "dem": dem, "csv": csv_rows,
}  # fmt: skip


def main() -> None:
    """Run the cases asked for and print a JSON line for each command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*CASES, []])
    asked = parser.parse_args().case or list(CASES)
    assert CRS(CITY).is_projected
    for case in asked:
        with tempfile.TemporaryDirectory(prefix="muplan-bounds-") as folder:
            CASES[case](Path(folder))


if __name__ == "__main__":
    main()
