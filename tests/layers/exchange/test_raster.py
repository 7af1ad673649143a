import json
import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS, Transformer
from rasterio.transform import Affine, from_origin

from layers.errors import LayerError
from layers.exchange import raster as raster_in
from layers.exchange.raster import import_raster, is_raster_import
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace
from platforms.land.block_facts import describe_terrain

AT = "2025-03-04T05:06:07"
WEST, NORTH = 571_000.0, 3_401_000.0


def saved(path, cells, transform=None, crs="EPSG:4549", **options):
    cells = np.asarray(cells)
    bands = cells if cells.ndim == 3 else cells[None]
    place = from_origin(WEST, NORTH, 10, 10) if transform is None else transform
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1],
        count=len(bands), dtype=bands.dtype, crs=crs, transform=place, **options,
    ) as target:  # fmt: skip
        target.write(bands)
    return path


@pytest.fixture
def workspace(tmp_path):
    return create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at=AT)


def imported(workspace, path, layer="dem", **options):
    return import_raster(workspace, ImportRequest(path=path, layer=layer, **options), "a", AT)


def error_of(workspace, path, layer="dem", **options):
    with pytest.raises(LayerError) as caught:
        imported(workspace, path, layer, **options)
    return caught.value


def notes(result):
    return {note.code: dict(note.values) for note in result.detected}


def plane(x, y):
    """Rise 5 cm on each metre to the east: 5 % everywhere."""
    return 2.0 + 0.05 * (x - WEST) + 0.0 * y


def test_a_raster_in_the_workspaces_system_keeps_its_cells(tmp_path, workspace):
    cells = np.arange(20, dtype=np.float32).reshape(4, 5)
    result = imported(workspace, saved(tmp_path / "dem.tif", cells))
    held = workspace.read_raster("dem")
    assert np.array_equal(held.cells, cells)
    assert (held.west, held.north, held.cell_width) == (WEST, NORTH, 10)
    assert (result.cells, result.with_value, result.lowest, result.highest) == (20, 20, 0.0, 19.0)
    assert notes(result)["raster_kept"] == {"cell_m": 10.0}


def test_a_raster_in_degrees_is_warped_and_its_slope_is_that_of_the_ground(tmp_path, workspace):
    to_degrees = Transformer.from_crs(4549, 4490, always_xy=True)
    west, north = to_degrees.transform(WEST - 300, NORTH + 300)
    step = 1e-4
    lon = west + step * (np.arange(200) + 0.5)
    lat = north - step * (np.arange(200) + 0.5)
    x, y = Transformer.from_crs(4490, 4549, always_xy=True).transform(*np.meshgrid(lon, lat))
    path = saved(
        tmp_path / "dem.tif", plane(x, y).astype(np.float32),
        from_origin(west, north, step, step), "EPSG:4490",
    )  # fmt: skip
    result = imported(workspace, path)
    held = workspace.read_raster("dem")
    rows, columns = np.nonzero(np.isfinite(held.cells))
    xs = held.west + (columns + 0.5) * held.cell_width
    # On a plane bilinear is exact but for the outermost half cells, which repeat their edge.
    inside = (xs > WEST) & (xs < WEST + 1000)
    there = held.cells[rows, columns][inside]
    assert abs(there - plane(xs[inside], 0)).max() < 0.01
    assert notes(result)["raster_warped"]["cell_m"] == pytest.approx(10.3, abs=0.5)
    block = gpd.GeoDataFrame(
        geometry=[shapely.box(WEST + 200, NORTH - 800, WEST + 600, NORTH - 400)], crs=4549
    )
    slope = describe_terrain(block, held, None)["slope_mean_pct"][0]
    assert slope == pytest.approx(5.0, abs=0.05)


def test_a_raster_with_south_up_is_turned(tmp_path, workspace):
    cells = np.arange(12, dtype=np.float32).reshape(3, 4)
    place = Affine(10, 0, WEST, 0, 10, NORTH - 30)
    imported(workspace, saved(tmp_path / "dem.tif", cells, place))
    held = workspace.read_raster("dem")
    assert held.north == pytest.approx(NORTH)
    assert np.allclose(held.cells, cells[::-1], atol=1e-4)


def test_no_value_is_never_zero_declared_or_not(tmp_path, workspace):
    cells = np.array([[1.0, -9999.0], [-32768.0, 4.0]], dtype=np.float32)
    result = imported(workspace, saved(tmp_path / "a.tif", cells, nodata=-32768))
    assert np.isnan(workspace.read_raster("dem").cells).tolist() == [[False, True], [True, False]]
    assert notes(result)["raster_values_left_out"]["count"] == 1
    assert notes(result)["raster_values_left_out"]["examples"] == "-9999"


@pytest.mark.parametrize(
    ("layer", "value", "is_kept"),
    [("dem", 9000, True), ("dem", 9001, False), ("dem", -500, True), ("dem", -501, False),
     ("flood_depth", 0, True), ("flood_depth", -1, False), ("flood_depth", 500, True),
     ("flood_depth", 501, False)],
)  # fmt: skip
def test_values_no_ground_has_are_left_out(tmp_path, workspace, layer, value, is_kept):
    imported(workspace, saved(tmp_path / "a.tif", np.array([[value, 3]], dtype=np.int16)), layer)
    assert np.isfinite(workspace.read_raster(layer).cells[0, 0]) == is_kept


def test_integers_with_a_scale_are_metres(tmp_path, workspace):
    path = saved(tmp_path / "a.tif", np.array([[123, 456]], dtype=np.int16))
    with rasterio.open(path, "r+") as held:
        held.scales, held.offsets = (0.1,), (2.0,)
    imported(workspace, path)
    assert workspace.read_raster("dem").cells[0].tolist() == pytest.approx([14.3, 47.6])


def test_a_raster_without_a_system_needs_one(tmp_path, workspace):
    path = saved(tmp_path / "a.tif", np.ones((3, 3), dtype=np.float32), crs=None)
    assert error_of(workspace, path).code == "crs_unstated"
    assert notes(imported(workspace, path, crs="EPSG:4549"))["crs_stated"]
    stated = saved(tmp_path / "b.tif", np.ones((3, 3), dtype=np.float32))
    error = error_of(workspace, stated, crs="EPSG:4528", mode="replace")
    assert error.code == "crs_contradicts"


def test_old_datums_and_far_places_are_refused(tmp_path, workspace):
    old = saved(tmp_path / "a.tif", np.ones((3, 3), dtype=np.float32), crs="EPSG:2385")
    assert error_of(workspace, old).code == "datum_refused"
    far = saved(
        tmp_path / "b.tif", np.ones((3, 3), dtype=np.float32), from_origin(10, 50, 1, 1),
        "EPSG:4326",
    )  # fmt: skip
    assert error_of(workspace, far).code == "crs_implausible"


def test_what_is_no_raster_of_heights_is_refused(tmp_path, workspace, monkeypatch):
    three = saved(tmp_path / "rgb.tif", np.ones((3, 4, 4), dtype=np.uint8))
    assert error_of(workspace, three).code == "raster_bands"
    empty = saved(tmp_path / "e.tif", np.full((2, 2), -9999, dtype=np.float32), nodata=-9999)
    assert error_of(workspace, empty).code == "raster_without_values"
    (tmp_path / "x.tif").write_bytes(b"<VRTDataset/>" * 10)
    assert error_of(workspace, tmp_path / "x.tif").code == "not_a_gis_file"
    (tmp_path / "y.tif").write_bytes(three.read_bytes()[:100])
    assert error_of(workspace, tmp_path / "y.tif").code == "file_unreadable"
    assert error_of(workspace, tmp_path / "no.tif").code == "file_missing"
    good = saved(tmp_path / "g.tif", np.ones((3, 3), dtype=np.float32))
    monkeypatch.setattr(raster_in, "MAX_CELLS", 8)
    assert error_of(workspace, good).code == "raster_too_large"
    monkeypatch.setattr(raster_in, "MAX_CELLS", 9)
    imported(workspace, good)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_without_a_place_is_refused(tmp_path, workspace):
    path = saved(tmp_path / "a.tif", np.ones((3, 3), dtype=np.float32), Affine.identity())
    assert error_of(workspace, path).code == "raster_not_placed"


def test_rasters_and_layers_are_told_apart(tmp_path, workspace):
    path = saved(tmp_path / "a.tif", np.ones((3, 3), dtype=np.float32))
    assert is_raster_import(path, "land_parcels")
    assert is_raster_import(tmp_path / "a.gpkg", "dem")
    assert not is_raster_import(tmp_path / "a.gpkg", "land_parcels")
    assert error_of(workspace, path, "land_parcels").code == "raster_layer_needed"
    assert error_of(workspace, tmp_path / "a.gpkg").code == "raster_file_needed"


def test_a_raster_is_replaced_only_when_asked_and_a_dry_run_stores_nothing(tmp_path, workspace):
    first = saved(tmp_path / "a.tif", np.ones((3, 3), dtype=np.float32))
    second = saved(tmp_path / "b.tif", np.full((3, 3), 2, dtype=np.float32))
    assert not imported(workspace, first, dry_run=True).stored
    assert workspace.read_raster("dem") is None
    imported(workspace, first)
    assert error_of(workspace, second).code == "raster_exists"
    imported(workspace, second, mode="replace")
    assert workspace.read_raster("dem").cells[0, 0] == 2
    with closing(sqlite3.connect(workspace.path)) as held:
        rows = held.execute(
            "SELECT source, sha256, detail FROM muplan_provenance WHERE layer = 'dem'"
        ).fetchall()
    ((source, sha256, detail),) = rows
    assert (source, len(sha256)) == ("b.tif", 64)
    assert json.loads(detail)[0]["code"] == "raster_read"


def test_strips_of_any_height_give_the_same_raster_and_tell_of_each(
    tmp_path, workspace, monkeypatch
):
    heights = np.arange(35, dtype=np.float32).reshape(7, 5)
    heights[[1, 6], [2, 4]] = 65_535, 20_000
    path = saved(tmp_path / "h.tif", heights)
    monkeypatch.setattr(raster_in, "CELLS_AT_ONCE", 10)  # two rows of five
    monkeypatch.setattr("layers.workspace.rasters.TILE_ROWS", 1)
    monkeypatch.setattr("layers.workspace.rasters.CELLS_AT_ONCE", 15)
    heard = []
    request = ImportRequest(path, "dem")
    result = raster_in.import_raster(workspace, request, "planner", AT, heard.append)
    left_out = next(note for note in result.detected if note.code == "raster_values_left_out")
    assert left_out.values["count"] == 2
    assert left_out.values["examples"] == "20000, 65535"
    read = [rows / 7 / 4 for rows in (2, 4, 6, 7)]
    looked_at = [0.25 + 0.05 * rows / 7 for rows in (0, 2, 4, 6, 7)]
    stored = [0.5 + 0.5 * 0.8 * rows / 7 for rows in (0, 3, 6, 7)]
    copied = [0.5 + 0.5 * share for share in (0.8, 1.0)]  # all tiles at once
    assert heard == pytest.approx([*read, *looked_at, *stored, *copied, 1.0])
    expected = np.where(heights > 9_000, np.nan, heights)
    np.testing.assert_array_equal(workspace.read_raster("dem").cells, expected)
