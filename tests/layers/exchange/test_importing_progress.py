"""How far an import is, told from the reading to the storing; ended by whoever listens."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS

from layers.exchange.checks.decide import Checks
from layers.exchange.checks.faults import parse_fault_table
from layers.exchange.importing import DECIDED_SHARE, READ_SHARE, run_import
from layers.exchange.raster import import_raster
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace

AT = "2025-01-01T00:00:00"
TABLE = Path(__file__).resolve().parents[3] / "data" / "exchange" / "faults.yaml"


class EndedError(Exception):
    """Raised by a listener that has heard enough."""


@pytest.fixture
def workspace(tmp_path):
    return create_workspace(tmp_path / "ws.gpkg", CRS(4549), title="t", created_at=AT)


@pytest.fixture
def given(tmp_path):
    shapes = [shapely.box(5e5 + x, 34e5, 5e5 + x + 100, 34e5 + 100) for x in (0, 101, 500)]
    path = tmp_path / "in.parquet"
    gpd.GeoDataFrame({"parcel_id": list("ABC")}, geometry=shapes, crs=4549).to_parquet(path)
    return path


def run(workspace, path, listen):
    checks = Checks(parse_fault_table(TABLE.read_text(encoding="utf-8")), progress=listen)
    return run_import(workspace, ImportRequest(path, "land_parcels"), "planner", AT, checks)


def test_the_share_done_only_rises_and_ends_at_one(workspace, given):
    heard = []
    run(workspace, given, heard.append)
    assert heard == sorted(heard)
    assert len(heard) > 5
    assert heard[-1] == 1.0


def test_a_listener_that_ends_the_check_leaves_the_workspace_as_it_was(workspace, given):
    before = workspace.path.read_bytes()

    def listen(share):
        if share > 0.4:
            raise EndedError

    with pytest.raises(EndedError):
        run(workspace, given, listen)
    assert workspace.path.read_bytes() == before


def test_a_tangled_outline_is_kept_aside_and_the_others_are_stored(
    workspace, tmp_path, monkeypatch
):
    monkeypatch.setattr("geo.validity.MAX_CROSSINGS", 11)
    bows = [(x, x % 2) for x in range(13)] + [(x, 1 - x % 2) for x in range(12, -1, -1)]
    shapes = [
        shapely.Polygon([(5e5 + x, 34e5 + y) for x, y in bows]),
        shapely.box(5e5, 34e5 + 50, 5e5 + 100, 34e5 + 150),
    ]
    path = tmp_path / "tangled.parquet"
    gpd.GeoDataFrame({"parcel_id": list("AB")}, geometry=shapes, crs=4549).to_parquet(path)
    result = run(workspace, path, lambda share: None)
    assert (result.accepted, result.quarantined) == (1, 1)
    assert [(fault.code, fault.rows) for fault in result.faults] == [("geometry_tangled", ("A",))]
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["B"]


def test_copies_of_a_parcel_are_told_each_with_the_first(workspace, tmp_path):
    shape = shapely.box(5e5, 34e5, 5e5 + 100, 34e5 + 100)
    path = tmp_path / "heap.parquet"
    gpd.GeoDataFrame({"parcel_id": list("ABCD")}, geometry=[shape] * 4, crs=4549).to_parquet(path)
    result = run(workspace, path, lambda share: None)
    (lines,) = result.report.lines
    assert lines.code == "shape_duplicate"
    assert lines.rows.tolist() == [1, 2, 3]
    assert lines.others == ("A", "A", "A")


def run_list(workspace, folder, rows, monkeypatch, **at_once):
    """Import a list of so many outlines and give the shares told."""
    for name, count in at_once.items():
        monkeypatch.setattr(f"layers.{name}.ROWS_AT_ONCE", count)
    lines = [f'P{n},"{shapely.box(5e5 + 200 * n, 34e5, 5e5 + 200 * n + 100, 34e5 + 100).wkt}"'
             for n in range(rows)]  # fmt: skip
    path = folder / "list.csv"
    path.write_text("\n".join(["parcel_id,wkt", *lines]), encoding="utf-8")
    heard = []
    checks = Checks(parse_fault_table(TABLE.read_text(encoding="utf-8")), progress=heard.append)
    request = ImportRequest(path, "land_parcels", crs="EPSG:4549")
    run_import(workspace, request, "p", AT, checks)
    assert heard == sorted(heard)
    return heard


def test_outlines_of_a_list_are_read_in_batches_that_each_ask_for_the_listener(
    workspace, tmp_path, monkeypatch
):
    heard = run_list(workspace, tmp_path, 12, monkeypatch, **{"exchange.readers.coordinates": 2})
    # Shapes are read in the second half of the reading, which is 0.6 x 0.6 of a quarter: six
    # batches begin at sixths of it, and its end is told.
    begin, end = READ_SHARE * 0.6 * 0.6 * 0.5, READ_SHARE * 0.6 * 0.6
    wanted = begin + (end - begin) * np.arange(7) / 6
    assert all(np.isclose(heard, share, atol=1e-12).any() for share in wanted)


def test_rows_are_stored_in_batches_that_each_ask_for_the_listener(
    workspace, tmp_path, monkeypatch
):
    whole = run_list(workspace, tmp_path, 12, monkeypatch, **{"workspace.tables": 100})
    other = create_workspace(tmp_path / "other.gpkg", CRS(4549), title="t", created_at=AT)
    batched = run_list(other, tmp_path, 12, monkeypatch, **{"workspace.tables": 2})
    # Six batches instead of one, both where shapes are written as bytes and where rows go in.
    assert len(batched) == len(whole) + 2 * 5
    assert sum(share > DECIDED_SHARE for share in batched) > 20
    assert workspace.read("land_parcels").equals(other.read("land_parcels"))


def test_a_listener_that_ends_the_storing_leaves_the_workspace_as_it_was(
    workspace, given, monkeypatch
):
    monkeypatch.setattr("layers.workspace.tables.ROWS_AT_ONCE", 1)
    before = workspace.path.read_bytes()
    stored = []

    def listen(share):
        if share > 0.8:
            stored.append(share)
            raise EndedError

    with pytest.raises(EndedError):
        run(workspace, given, listen)
    assert stored
    assert workspace.path.read_bytes() == before
    assert len(workspace.read("land_parcels")) == 0


@pytest.mark.parametrize(("crs", "cell"), [("EPSG:4549", 5.0), ("EPSG:4490", 5e-5)])
def test_a_raster_is_read_warped_and_stored_in_strips_that_each_ask(
    workspace, tmp_path, monkeypatch, crs, cell
):
    monkeypatch.setattr("layers.workspace.rasters.TILE_ROWS", 1)
    for module in ("layers.exchange.raster", "layers.workspace.rasters"):
        monkeypatch.setattr(f"{module}.CELLS_AT_ONCE", 20 * 4)
    place = (500_000, 3_400_000) if crs == "EPSG:4549" else (120.0, 30.7)
    path = tmp_path / "dem.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=40, count=1, dtype="float32", crs=crs,
        transform=rasterio.Affine(cell, 0, place[0], 0, -cell, place[1]),
    ) as target:  # fmt: skip
        target.write(np.arange(800, dtype=np.float32).reshape(40, 20), 1)
    heard = []
    import_raster(workspace, ImportRequest(path, "dem"), "p", AT, heard.append)
    assert heard == sorted(heard)
    # 40 rows, four at a time: ten strips read, ten looked at, ten stored.
    stored = [share for share in heard if share > 0.5]
    warped = [share for share in heard if 0.3 < share <= 0.5]
    assert len(stored) >= 10
    assert len(heard) - len(stored) - len(warped) >= 20
    assert (len(warped) >= 10) == (crs != "EPSG:4549")
