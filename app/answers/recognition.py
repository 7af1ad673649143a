"""What a file seems to be, for the person who confirms or overrules it: place, shift, unit."""

import dataclasses
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.pictures import picture_words
from app.context import Context
from geo.errors import MuPlanError
from layers.exchange.columns import heading_unit
from layers.exchange.declared import DECLARED, declared_areas
from layers.exchange.evidence import Evidence
from layers.exchange.ground import SAMPLE, Ground, middles
from layers.exchange.place_stated import PlaceStated
from layers.exchange.placing import place_shapes
from layers.exchange.recognise_crs import Reading, possible_readings
from layers.exchange.shift_signs import Suspicion, evidence_of, suspect_shift
from layers.exchange.source import SourceFile
from layers.maps.highlight import Highlight
from layers.maps.picture import map_picture
from layers.maps.style_file import load_styles
from layers.maps.view import Bounds, prepare_view

PICTURE_PX = (760, 560)
LON_LAT = "EPSG:4490"


@dataclass(frozen=True)
class PlaceSeen:
    """Where some rows of a file would lie by what is stated.

    Attributes
    ----------
    rows
        The rows in the workspace's system, None where they can't be placed.
    evidence
        On what grounds.
    problem
        Why they can't, None where they can.
    readings
        Every reading that the numbers allow.
    suspicion
        What speaks for the shift of a web map, None where the rows can't be placed.
    medians
        Medians of the numbers as they stand in the file (x, y), None without shapes.
    """

    rows: gpd.GeoDataFrame | None
    evidence: tuple[Evidence, ...]
    problem: MuPlanError | None
    readings: tuple[Reading, ...]
    suspicion: Suspicion | None
    medians: tuple[float, float] | None


def sample_of(source: SourceFile) -> SourceFile:
    """Take some rows of a file, evenly from first to last."""
    if len(source.frame) <= SAMPLE:
        return source
    chosen = np.linspace(0, len(source.frame) - 1, SAMPLE).astype(int)
    return dataclasses.replace(source, frame=source.frame.iloc[chosen].reset_index(drop=True))


def look_at_place(source: SourceFile, stated: PlaceStated, ground: Ground) -> PlaceSeen:
    """Say where rows would lie, on what grounds, and what else their numbers could be.

    Parameters
    ----------
    source
        A file with shapes, or some of its rows.
    stated
        What the planner has stated so far.
    ground
        Where data of the workspace should lie.

    Returns
    -------
    PlaceSeen
        What is known.
    """
    points = middles(np.asarray(gpd.GeoDataFrame(source.frame).geometry.array, dtype=object))
    medians = None
    if len(points):
        medians = float(np.median(points[:, 0])), float(np.median(points[:, 1]))
    readings = possible_readings(points, ground)
    # A shift is asked about apart, so that a doubt about it doesn't hide the place.
    alone = dataclasses.replace(stated, shift=stated.shift or "none")
    try:
        placed = place_shapes(source, alone, ground)
    except MuPlanError as error:
        return PlaceSeen(None, (), error, readings, None, medians)
    rows = gpd.GeoDataFrame(placed.frame)
    notes = tuple(note for note in placed.evidence if note.code != "shift_denied")
    inside = np.asarray(rows.geometry.array, dtype=object)[~placed.outside]
    suspicion = suspect_shift(source, inside, ground.target, ground)
    return PlaceSeen(rows[~placed.outside], notes, None, readings, suspicion, medians)


def shift_notes(seen: PlaceSeen) -> tuple[Evidence, ...]:
    """Give what speaks for a shift, as notes."""
    return () if seen.suspicion is None else evidence_of(seen.suspicion)


def place_picture(context: Context, ground: Ground, rows: gpd.GeoDataFrame, title: str) -> bytes:
    """Draw rows over the outlines of the units."""
    styles = load_styles(context.settings.data_dir / "styles" / "layers.yaml")
    units = gpd.GeoDataFrame(context.workspace.read("units"))
    view = prepare_view({"units": units}, styles, context.as_of)
    marked = Highlight("not_met", rows.geometry, ("",) * len(rows), title)
    extent = _extent(rows, ground)
    words = picture_words(context, title)
    return map_picture(view, words, highlights=[marked], extent=extent, size_px=PICTURE_PX)


def look_at_unit(
    rows: pd.DataFrame, column: str
) -> tuple[str | None, tuple[Evidence, ...], MuPlanError | None]:
    """Say in which unit a column declares areas.

    Parameters
    ----------
    rows
        Rows in the workspace's system with the file's column names.
    column
        The file's column.

    Returns
    -------
    unit, evidence, problem
        ``m2``, ``亩``, ``公顷`` or another unit of the heading, None where it must be asked; on
        what grounds; why it must be asked.
    """
    written = "m2" if column == DECLARED else heading_unit(column)
    named = rows.rename(columns={column: DECLARED})
    try:
        _, notes = declared_areas(named, None, [(column, written)])
    except MuPlanError as error:
        return None, (), error
    units = [str(note.values["unit"]) for note in notes if "unit" in note.values]
    return (units[0] if units else written), notes, None


def _extent(rows: gpd.GeoDataFrame, ground: Ground) -> Bounds | None:
    """Give the box of the rows together with the units' outlines [degrees]."""
    shapes = [*rows.geometry.dropna()]
    if ground.outlines is not None:
        shapes.append(ground.outlines)
    bounds = gpd.GeoSeries(shapes, crs=ground.target).to_crs(LON_LAT).total_bounds
    if not np.isfinite(bounds).all():
        return None
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north
