"""What a newer edition of a layer changes: rows added, changed and removed, and how."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.units import RELATIVE_TOLERANCE
from layers.contracts import Contract
from layers.validate import row_names

SAME_M = 1e-3
"""Outlines nowhere farther apart than this are the same [m]."""

NOTHING = "–"
"""Stands in a sentence for what isn't known or not there."""


@dataclass(frozen=True, eq=False)
class Changes:
    """What a newer edition changes.

    ``added``: Rows that weren't there.
    ``removed``: Rows that are there no more, as they were.
    ``before, after``: Rows that differ, as they were and as they are, in the same order.
    ``added_ids, removed_ids, changed_ids``: Their keys.
    ``cells``: One row for each cell that differs: ``row_id``, ``column``, ``value_before``,
      ``value_after``; in the order of rows, then columns. Shapes aren't among them.
    ``moved_m``: How far the outline of each changed row moved at most [m]: 0 where it is the
      same, missing where a shape came or went. Array of the changed rows.
    ``unchanged``: Count of rows that are the same.
    """

    added: pd.DataFrame
    removed: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    added_ids: tuple[str, ...]
    removed_ids: tuple[str, ...]
    changed_ids: tuple[str, ...]
    cells: pd.DataFrame
    moved_m: Floats
    unchanged: int


def compare_editions(
    current: pd.DataFrame, newer: pd.DataFrame, contract: Contract, *, is_whole: bool
) -> Changes:
    """Compare the rows of a layer with those of a newer edition.

    ``newer``: Rows that come, with the contract's columns and types.
    ``is_whole``: True where the newer edition takes the place of the whole layer: then rows that
      it doesn't have are removed. Otherwise they stay and count neither as removed nor as
      unchanged.

    Numbers that differ by less than a part in a thousand million, and outlines by less than a
    millimetre, are the same.
    """
    old, new = (pd.Index(row_names(frame, contract), dtype=object) for frame in (current, newer))
    place = old.get_indexer(new) if old.is_unique else old.drop_duplicates().get_indexer(new)
    common = np.flatnonzero(place >= 0)
    there = place[common]
    before, after = current.iloc[there], newer.iloc[common]
    columns = [
        name for name in dict.fromkeys([*current.columns, *newer.columns]) if name != "geometry"
    ]
    differs = {str(name): _differ(before, after, str(name)) for name in columns}
    moved_m = _moved_m(before, after)
    moved = ~(moved_m <= SAME_M)
    changed = moved.copy()
    for flags in differs.values():
        changed |= flags
    at = np.flatnonzero(changed)
    names = new[common[at]].tolist()
    gone = np.setdiff1d(np.arange(len(old)), there) if is_whole else np.empty(0, dtype=np.intp)
    fresh = np.flatnonzero(place < 0)
    return Changes(
        newer.iloc[fresh], current.iloc[gone], before.iloc[at], after.iloc[at],
        tuple(new[fresh].tolist()), tuple(old[gone].tolist()), tuple(names),
        _cells(before, after, differs, at, names), np.where(moved, moved_m, 0.0)[at],
        int(len(common) - len(at)),
    )  # fmt: skip


def only_added(newer: pd.DataFrame, contract: Contract) -> Changes:
    """Say of rows that all are new what ``compare_editions`` would say."""
    nothing = newer.head(0)
    return Changes(
        newer, nothing, nothing, nothing, tuple(row_names(newer, contract)), (), (),
        _cells(nothing, nothing, {}, np.empty(0, dtype=np.intp), []), np.empty(0), 0,
    )  # fmt: skip


def _differ(before: pd.DataFrame, after: pd.DataFrame, name: str) -> Flags:
    if name not in before.columns or name not in after.columns:
        side = before if name in before.columns else after
        alone: Flags = side[name].notna().to_numpy(dtype=bool)
        return alone
    first, second = before[name], after[name]
    if pd.api.types.is_numeric_dtype(first.dtype) and pd.api.types.is_numeric_dtype(second.dtype):
        a, b = (side.to_numpy(dtype=np.float64, na_value=np.nan) for side in (first, second))
        same: Flags = np.isclose(a, b, rtol=RELATIVE_TOLERANCE, atol=0.0, equal_nan=True)
        return ~same
    a, b = (side.astype("object").to_numpy(dtype=object) for side in (first, second))
    blank_a, blank_b = pd.isna(a), pd.isna(b)
    unlike: Flags = np.asarray(blank_a != blank_b)
    both = ~blank_a & ~blank_b
    unlike[both] = a[both] != b[both]
    return unlike


def _moved_m(before: pd.DataFrame, after: pd.DataFrame) -> Floats:
    """Say how far outlines moved; missing where a shape came or went."""
    if not isinstance(before, gpd.GeoDataFrame) or not isinstance(after, gpd.GeoDataFrame):
        return np.zeros(len(before))
    first, second = (_unwrapped(frame) for frame in (before, after))
    none_a, none_b = shapely.is_missing(first), shapely.is_missing(second)
    moved = np.where(none_a != none_b, np.nan, 0.0)
    doubt = np.flatnonzero(~none_a & ~none_b & ~shapely.equals_exact(first, second, 0.0))
    a, b = shapely.normalize(first[doubt]), shapely.normalize(second[doubt])
    doubt = doubt[~shapely.equals_exact(a, b, SAME_M / 10)]
    moved[doubt] = shapely.hausdorff_distance(_edges(first[doubt]), _edges(second[doubt]))
    return moved


def _unwrapped(frame: gpd.GeoDataFrame) -> Shapes:
    """Give shapes, those of one part without the collection they are stored in."""
    shapes: Shapes = np.asarray(frame.geometry.array, dtype=object).copy()
    alone = shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _edges(shapes: Shapes) -> Shapes:
    edges: Shapes = np.where(
        shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes
    ).astype(object)
    return edges


def _cells(
    before: pd.DataFrame,
    after: pd.DataFrame,
    differs: dict[str, np.ndarray],
    at: Positions,
    names: list[str],
) -> pd.DataFrame:
    tables = []
    for order, (column, flags) in enumerate(differs.items()):
        rows = np.flatnonzero(flags[at])
        if len(rows):
            tables.append(pd.DataFrame({
                "place": rows, "order": order, "row_id": [names[p] for p in rows.tolist()],
                "column": column, "value_before": _values(before, column, at[rows]),
                "value_after": _values(after, column, at[rows]),
            }))  # fmt: skip
    columns = ["row_id", "column", "value_before", "value_after"]
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    whole = pd.concat(tables, ignore_index=True).sort_values(["place", "order"])
    return whole[columns].reset_index(drop=True)


def _values(frame: pd.DataFrame, column: str, rows: Positions) -> list[object]:
    if column not in frame.columns:
        return [None] * len(rows)
    values = frame[column].iloc[rows]
    return [
        None if is_missing else value
        for value, is_missing in zip(values.tolist(), values.isna(), strict=True)
    ]


@dataclass(frozen=True)
class Difference:
    """The first thing that differs between two editions, in words for a sentence.

    ``row``: Key of the row.
    ``column``: Name of the column, ``geometry`` for the shape.
    ``before, after``: The value on both sides; of a shape its planar area.
    """

    row: str
    column: str
    before: str
    after: str


def first_difference(changes: Changes) -> Difference:
    """Name the first thing that differs among the rows changed; there must be some."""
    if len(changes.cells):
        cell = changes.cells.iloc[0]
        before, after = (value_text(cell[name]) for name in ("value_before", "value_after"))
        return Difference(str(cell["row_id"]), str(cell["column"]), before, after)
    before, after = (shape_text(rows, 0) for rows in (changes.before, changes.after))
    return Difference(changes.changed_ids[0], "geometry", before, after)


def value_text(value: object) -> str:
    """Put a value into a sentence, – where it is missing."""
    return NOTHING if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def shape_text(rows: pd.DataFrame, position: int) -> str:
    """Tell a shape by its planar area, – where there is none."""
    if not isinstance(rows, gpd.GeoDataFrame) or len(rows) <= position:
        return NOTHING
    shape = rows.geometry.array[position]
    return NOTHING if shape is None else f"{shape.area:.2f} m²"
