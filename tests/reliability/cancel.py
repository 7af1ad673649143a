"""How long a user waits after pressing cancel: the longest time between two tellings of progress.

``python -m tests.reliability.cancel`` runs imports of the inputs of ``bounds`` and their blocks in
this process; words behind it choose by name. One JSON line each: the longest gap in seconds of
processor and of wall time, and between which shares of the work it lies. A share of the processor
is what the work itself takes; the wall shows what else the machine did.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import shapely

from app.answers.imports import import_file
from app.answers.land import block_answer, find_land
from app.context import open_context
from geo.tools import Progress
from layers.exchange.request import ImportRequest
from platforms.land.search import BlockQuery
from tests.reliability.bounds import (
    CITY,
    EAST,
    NORTH,
    holed,
    star,
    workspace,
    write_csv,
    write_dem,
    write_parcels,
)

LONGEST_S = 1.0
"""Cancel is to take effect within this, in processor time [s]."""


class Watch:
    """A listener that remembers the longest time between two tellings."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float, float, float]] = []
        self._share, self._wall, self._cpu = 0.0, time.monotonic(), time.process_time()

    def __call__(self, share: float) -> None:
        """Note the time since the last telling."""
        wall, cpu = time.monotonic(), time.process_time()
        self.gaps.append((cpu - self._cpu, wall - self._wall, self._share, share))
        self._share, self._wall, self._cpu = share, wall, cpu


def watched(name: str, work: Callable[[Progress], object]) -> None:
    """Run work and print its longest gap, and how many are beyond the bound."""
    watch = Watch()
    work(watch)
    watch(1.0)
    longest = sorted(watch.gaps, reverse=True)[:3]
    line = {
        "input": name,
        "tellings": len(watch.gaps),
        "beyond": sum(gap[0] > LONGEST_S for gap in watch.gaps),
        "cpu_s": round(sum(gap[0] for gap in watch.gaps), 1),
        "longest": [
            {"cpu_s": round(c, 2), "wall_s": round(w, 2), "from": round(a, 3), "to": round(b, 3)}
            for c, w, a, b in longest
        ],
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def imported(folder: Path, name: str, source: Path, layer: str, crs: str | None = None) -> Path:
    """Watch the import of a file."""
    place = Path(workspace(folder, f"ws_{source.stem}"))
    context = open_context(place)
    request = ImportRequest(path=source, layer=layer, crs=crs)
    watched(f"{name}, import", lambda progress: import_file(context, request, None, progress))
    return place


def blocks(name: str, place: Path, query: BlockQuery) -> None:
    """Watch the search for blocks, and the answer written of it."""
    context = open_context(place)
    watched(
        f"{name}, blocks",
        lambda progress: block_answer(context, query, find_land(context, query, progress=progress)),
    )


def parcels(folder: Path, name: str, shapes: list[shapely.Geometry]) -> None:
    """Watch import and blocks of parcels."""
    path = folder / "parcels.gpkg"
    write_parcels(path, shapes)
    blocks(name, imported(folder, name, path, "land_parcels"), BlockQuery())


def holes(folder: Path) -> None:
    """Watch a parcel with 50 000 holes."""
    parcels(folder, "50 000 holes", [holed(50_000)])


def squares(folder: Path) -> None:
    """Watch 10 000 equal squares, imported only: the search for blocks refuses them."""
    path = folder / "squares.gpkg"
    write_parcels(path, [shapely.box(EAST, NORTH, EAST + 200, NORTH + 200)] * 10_000)
    imported(folder, "10 000 equal squares", path, "land_parcels")


def vertices(folder: Path) -> None:
    """Watch an outline of 100 000 corners."""
    parcels(folder, "100 000 corners", [star(100_000)])


def dem(folder: Path) -> None:
    """Watch a DEM at the bound."""
    path = folder / "dem.tif"
    write_dem(path, 10_000)
    imported(folder, "DEM 10 000 × 10 000", path, "dem")


def csv_rows(folder: Path) -> None:
    """Watch a list with outlines."""
    path = folder / "parcels.csv"
    write_csv(path, 300_000, wkt=True)
    imported(folder, "CSV with WKT, 300 000 rows", path, "land_parcels", CITY)


CASES: dict[str, Callable[[Path], None]] = {
    "holes": holes, "squares": squares, "vertices": vertices, "dem": dem, "csv": csv_rows,
}  # fmt: skip


def main() -> None:
    """Watch the cases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*CASES, []])
    for case in parser.parse_args().case or list(CASES):
        with tempfile.TemporaryDirectory(prefix="muplan-cancel-") as folder:
            CASES[case](Path(folder))


if __name__ == "__main__":
    main()
