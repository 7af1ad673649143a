"""How a raster gets into a workspace, in the place of the one that was there."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from layers.contracts import RASTERS
from layers.errors import LayerError
from layers.exchange.evidence import Evidence
from layers.exchange.raster_in import RASTER_ENDINGS, RasterFile, read_raster
from layers.exchange.request import ImportRequest
from layers.workspace.protocol import Provenance, Workspace


@dataclass(frozen=True)
class RasterResult:
    """What the import of a raster recognised and stored.

    Attributes
    ----------
    layer
        Name of the raster.
    stored
        False after a dry run.
    detected
        What was recognised and changed, in order.
    cells, with_value
        Count of its cells, and of those with a value.
    lowest, highest
        Least and greatest value [m].
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
    workspace: Workspace, request: ImportRequest, actor: str, at: str
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
    if request.mode != "replace" and workspace.read_raster(request.layer) is not None:
        raise LayerError("raster_exists", layer=request.layer)
    file = read_raster(request.path, request.layer, request.crs, workspace.facts.crs)
    if not request.dry_run:
        _store(workspace, request, file, actor, at)
    cells = file.raster.cells
    return RasterResult(
        request.layer, not request.dry_run, file.evidence, cells=cells.size,
        with_value=int(np.isfinite(cells).sum()), lowest=float(np.nanmin(cells)),
        highest=float(np.nanmax(cells)),
    )  # fmt: skip


def _store(
    workspace: Workspace, request: ImportRequest, file: RasterFile, actor: str, at: str
) -> None:
    detail = [{"code": note.code, **note.values} for note in file.evidence]
    provenance = Provenance(
        source=request.path.name, imported_at=at, sha256=file.sha256,
        detail=json.dumps(detail, ensure_ascii=False),
    )  # fmt: skip
    with workspace.edit(actor, at) as edit:
        edit.replace_raster(request.layer, file.raster, provenance)
