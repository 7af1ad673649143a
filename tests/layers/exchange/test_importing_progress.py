"""How far an import is, told from the reading to the storing; ended by whoever listens."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from layers.exchange.checks.decide import Checks
from layers.exchange.checks.faults import parse_fault_table
from layers.exchange.importing import run_import
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
