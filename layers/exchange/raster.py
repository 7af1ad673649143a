"""GeoTIFF -> workspace."""

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.transform import Affine, array_bounds
from rasterio.warp import Resampling, calculate_default_transform, reproject
from rasterio.windows import Window

from geo.crs import crs_label, parse_crs
from geo.limits import MAX_CELLS
from geo.raster import CELLS_AT_ONCE, Raster
from geo.tools import Progress, batches, report, within
from layers.contracts import RASTERS
from layers.errors import LayerError
from layers.exchange.read import RASTER_ENDINGS
from layers.exchange.readers.source import Evidence, SourceFile, file_sha256, one_line
from layers.exchange.recognise.crs import extent_of
from layers.exchange.recognise.locate import place_shapes
from layers.exchange.request import CrsOptions, ImportRequest
from layers.workspace.protocol import Provenance, Workspace

TIFF_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


POSSIBLE = {"dem": (-500.0, 9_000.0), "flood_depth": (0.0, 500.0)}
"""Values [m] that heights and depths of water on land can have; others stand for no value."""

CELL_TOLERANCE = 0.01
"""How far [cells] a place may be carried wrongly: GDAL's own eighth is metres of most rasters."""

MOVED = "shapes_transformed"
"""What placing notes where a file's system isn't the workspace's."""

Cells = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RasterFile:
    """A raster ready for the workspace.

    ``raster``: Its cells in the workspace's system.
    ``sha256``: Hash of the file.
    ``evidence``: What was recognised and changed, in order.
    """

    raster: Raster
    sha256: str
    evidence: tuple[Evidence, ...]


def read_raster(
    path: Path, name: str, stated_crs: str | None, target: CRS, progress: Progress | None = None
) -> RasterFile:
    """Read a GeoTIFF and carry it into the workspace's coordinate system.

    ``path``: The file: one band of heights or depths [m].
    ``name``: Raster of the workspace it is for (``dem``, ``flood_depth``).
    ``stated_crs``: Coordinate system named by the user; it decides only where the file states none.
    ``target``: System of the workspace, projected, in metres.
    ``progress``: Told the share done.

    Cells as in the file where it is in ``target`` and north is up; else bilinear between the four
    nearest cells, at the file's own resolution.

    Raises LayerError: ``file_missing``, ``not_a_gis_file``, ``file_unreadable``, ``raster_bands``,
    ``raster_too_large``, ``raster_not_placed``, ``raster_without_values``, and those of
    ``place_shapes`` (``crs_unstated``, ``crs_contradicts``, ``datum_refused`` …).
    """
    _require_tiff(path)
    try:
        with rasterio.open(path, driver="GTiff") as source:
            _require_plain(path, source)
            place = source.transform
            crs = None if source.crs is None else CRS.from_wkt(source.crs.to_wkt())
            cells = _values(source, within(progress, 0.0, 0.5))
    except (RasterioError, ValueError, TypeError, MemoryError) as error:
        raise LayerError("file_unreadable", path=path.name, detail=one_line(error)) from error
    cells, notes = _possible(cells, name, within(progress, 0.5, 0.6))
    if np.isnan(cells).all():
        raise LayerError("raster_without_values", path=path.name)
    outline = _outline(path, cells, place, crs)
    crs_used, crs_notes = _place_of(outline, stated_crs, target)
    raster, moved = _carried(cells, place, crs_used, target, within(progress, 0.6, 1.0))
    height, width = cells.shape
    first = Evidence.of("raster_read", file=path.name, rows=height, columns=width)
    return RasterFile(raster, outline.sha256, (first, *crs_notes, *notes, *moved))


def _require_tiff(path: Path) -> None:
    if not path.is_file():
        raise LayerError("file_missing", path=str(path))
    with path.open("rb") as handle:
        mark = handle.read(4)
    if path.suffix.lower() not in RASTER_ENDINGS or mark not in TIFF_MARKS:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoTIFF")


def _require_plain(path: Path, source: rasterio.DatasetReader) -> None:
    if source.count != 1:
        raise LayerError("raster_bands", path=path.name, count=source.count)
    if source.width * source.height > MAX_CELLS:
        raise LayerError(
            "raster_too_large", path=path.name, cells=source.width * source.height, limit=MAX_CELLS
        )
    if source.transform.is_identity or source.transform.is_degenerate:
        raise LayerError("raster_not_placed", path=path.name)
    if np.dtype(source.dtypes[0]).kind not in "iuf":
        raise LayerError("raster_bands", path=path.name, count=source.count)


def _values(source: rasterio.DatasetReader, progress: Progress | None) -> Cells:
    """Read the values strip by strip: nothing but the cells themselves is held as a whole."""
    cells = np.empty((source.height, source.width), dtype=np.float32)
    at_once = max(1, CELLS_AT_ONCE // source.width)
    for begin in range(0, source.height, at_once):
        count = min(at_once, source.height - begin)
        masked = source.read(1, masked=True, window=Window(0, begin, source.width, count))
        values = masked.astype(np.float64) * source.scales[0] + source.offsets[0]
        cells[begin : begin + count] = np.ma.filled(values, np.nan)
        report(progress, (begin + count) / source.height)
    return cells


def _possible(cells: Cells, name: str, progress: Progress | None) -> tuple[Cells, list[Evidence]]:
    """Take values no ground has as none: programs write -9999 or 65535 without declaring it."""
    low, high = POSSIBLE[name]
    count, lowest = 0, np.empty(0, dtype=np.float32)
    at_once = max(1, CELLS_AT_ONCE // cells.shape[1])
    for rows in batches(len(cells), at_once, progress):
        strip = cells[rows]
        with np.errstate(invalid="ignore"):
            wrong = (strip < low) | (strip > high)
        if wrong.any():
            lowest = np.unique(np.concatenate([lowest, strip[wrong]]))[:3]
            count += int(wrong.sum())
            strip[wrong] = np.nan
    if not count:
        return cells, []
    examples = ", ".join(f"{value:g}" for value in lowest)
    note = Evidence.of("raster_values_left_out", count=count, examples=examples, low=low, high=high)
    return cells, [note]


def _outline(path: Path, cells: Cells, place: Affine, crs: CRS | None) -> SourceFile:
    """Give the raster's outline as a layer of one row: it is placed as every file is."""
    height, width = cells.shape
    corners = [place @ corner for corner in ((0, 0), (width, 0), (width, height), (0, height))]
    frame = gpd.GeoDataFrame(geometry=[shapely.Polygon(corners)], crs=crs)
    return SourceFile(
        path, "geotiff", frame, crs, "none" if crs is None else "stated_in_file", "",
        file_sha256(path), (), (),
    )  # fmt: skip


def _place_of(
    outline: SourceFile, stated_crs: str | None, target: CRS
) -> tuple[CRS, tuple[Evidence, ...]]:
    """Decide in which system a raster lies; the answer is ``target`` itself where it is the same.

    A raster is placed as every file is, by its outline, but its system is never guessed.
    """
    crs = outline.crs if stated_crs is None else parse_crs(stated_crs)
    if crs is None:
        raise LayerError("crs_unstated", path=outline.path.name)
    placed = place_shapes(outline, CrsOptions(crs=stated_crs), extent_of(target, None))
    notes = tuple(note for note in placed.evidence if note.code != MOVED)
    return (target if len(notes) == len(placed.evidence) else crs), notes


def _carried(
    cells: Cells, place: Affine, crs: CRS, target: CRS, progress: Progress | None
) -> tuple[Raster, list[Evidence]]:
    height, width = cells.shape
    north_up = place.b == place.d == 0 and place.a > 0 > place.e
    if north_up and crs is target:
        raster = Raster(cells, place.c, place.f, place.a, -place.e, target)
        return raster, [Evidence.of("raster_kept", cell_m=place.a)]
    bounds = array_bounds(height, width, place)
    there, columns, rows = calculate_default_transform(
        crs.to_wkt(), target.to_wkt(), width, height, *bounds
    )
    warped = np.full((rows, columns), np.nan, dtype=np.float32)
    # Strip by strip: the library can't be ended in between.
    for strip in batches(rows, max(1, CELLS_AT_ONCE // columns), progress):
        reproject(
            cells, warped[strip], src_transform=place, src_crs=crs.to_wkt(), src_nodata=np.nan,
            dst_transform=there @ Affine.translation(0, strip.start), dst_crs=target.to_wkt(),
            dst_nodata=np.nan, resampling=Resampling.bilinear,
            tolerance=CELL_TOLERANCE,
            # Cells of about the same size: a kernel widened to the coarser side would tilt planes.
            XSCALE=1,
            YSCALE=1,
        )  # fmt: skip
    raster = Raster(warped, there.c, there.f, there.a, -there.e, target)
    note = Evidence.of(
        "raster_warped", source=crs_label(crs), target=crs_label(target), rows=rows,
        columns=columns, cell_m=there.a,
    )  # fmt: skip
    return raster, [note]


@dataclass(frozen=True)
class RasterResult:
    """What the import of a raster recognised and stored.

    ``layer``: Name of the raster.
    ``stored``: False after a dry run.
    ``detected``: What was recognised and changed, in order.
    ``cells, with_value``: Count of its cells, and of those with a value.
    ``lowest, highest``: Least and greatest value [m].
    """

    layer: str
    stored: bool
    detected: tuple[Evidence, ...]
    cells: int
    with_value: int
    lowest: float
    highest: float


def is_raster_import(path: Path, layer: str) -> bool:
    """Say whether an import is about a raster, by the file's ending or the layer's name.

    Parameters
    ----------
    path
        File to import.
    layer
        Where it is to go.

    Returns
    -------
    bool
        True where either is one.
    """
    return layer in RASTERS or path.suffix.lower() in RASTER_ENDINGS


def import_raster(
    workspace: Workspace,
    request: ImportRequest,
    actor: str,
    at: str,
    progress: Progress | None = None,
) -> RasterResult:
    """Import a GeoTIFF, or only check it where a dry run is asked for.

    Parameters
    ----------
    workspace
        Where the raster goes.
    request
        What is asked: ``add`` where the workspace has no such raster, else ``replace``.
    actor, at
        Who imports, and when (ISO).
    progress
        Told the share done.

    Returns
    -------
    RasterResult
        What was recognised and stored.

    Raises
    ------
    LayerError
        ``raster_layer_needed``, ``raster_file_needed``, ``raster_exists``, and those of
        ``read_raster``; the workspace is then as before.
    """
    known = ", ".join(RASTERS)
    if request.layer not in RASTERS:
        raise LayerError(
            "raster_layer_needed", path=request.path.name, layer=request.layer, known=known
        )
    if request.path.suffix.lower() not in RASTER_ENDINGS:
        raise LayerError(
            "raster_file_needed", path=request.path.name, layer=request.layer,
            known=" ".join(RASTER_ENDINGS),
        )  # fmt: skip
    if request.mode != "replace" and workspace.has_raster(request.layer):
        raise LayerError("raster_exists", layer=request.layer)
    crs = workspace.facts.crs
    file = read_raster(request.path, request.layer, request.crs, crs, within(progress, 0.0, 0.5))
    if not request.dry_run:
        _store(workspace, request, file, actor, at, within(progress, 0.5, 1.0))
    report(progress, 1.0)
    cells = file.raster.cells
    return RasterResult(
        request.layer, not request.dry_run, file.evidence, cells=cells.size,
        with_value=int(np.isfinite(cells).sum()), lowest=float(np.nanmin(cells)),
        highest=float(np.nanmax(cells)),
    )  # fmt: skip


def _store(
    workspace: Workspace,
    request: ImportRequest,
    file: RasterFile,
    actor: str,
    at: str,
    progress: Progress | None,
) -> None:
    detail = [{"code": note.code, **note.values} for note in file.evidence]
    provenance = Provenance(
        source=request.path.name, imported_at=at, sha256=file.sha256,
        detail=json.dumps(detail, ensure_ascii=False),
    )  # fmt: skip
    with workspace.edit(actor, at, kind="import", reason=request.path.name) as edit:
        edit.tell(progress)
        edit.replace_raster(request.layer, file.raster, provenance)
