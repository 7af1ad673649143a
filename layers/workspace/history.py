"""What rows of a workspace were before they were replaced or removed, and until when."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.edition import Changes

HISTORY = "muplan_history"
_COLUMNS = (
    "seq INTEGER PRIMARY KEY, layer TEXT, row TEXT, change TEXT, valid_until TEXT, "
    "audit_seq INTEGER, data TEXT, wkb BLOB"
)
SHOWN = ("seq", "layer", "row", "change", "valid_until", "audit_seq", "data")


def keep_history(path: Path, layer: str, changes: Changes, at: str, audit_seq: int) -> None:
    """Keep the rows that a change replaced or removed, as they were.

    Parameters
    ----------
    path
        Workspace file being written.
    layer
        The layer.
    changes
        What changed.
    at
        Until when the rows were valid (ISO).
    audit_seq
        Entry of the audit trail that ended them.
    """
    gone = [
        *_rows(layer, "changed", changes.before, changes.changed_ids),
        *_rows(layer, "removed", changes.removed, changes.removed_ids),
    ]
    if not gone:
        return
    with closing(sqlite3.connect(path)) as connection, connection:
        _make_table(connection)
        connection.executemany(
            f"INSERT INTO {HISTORY} (layer, row, change, data, wkb, valid_until, audit_seq) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((*row, at, audit_seq) for row in gone),
        )


def read_history(connection: sqlite3.Connection, layer: str | None) -> pd.DataFrame:
    """List the rows that were replaced or removed, the last first.

    Parameters
    ----------
    connection
        An open workspace; one written before rows were kept has none.
    layer
        Only those of a layer, None for all.
    """
    held = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (HISTORY,)).fetchone()
    if held is None:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in SHOWN})
    where, values = ("", ()) if layer is None else ("WHERE layer = ?", (layer,))
    query = f"SELECT {', '.join(SHOWN)} FROM {HISTORY} {where} ORDER BY seq DESC"
    return pd.read_sql_query(query, connection, params=values)


def _make_table(connection: sqlite3.Connection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {HISTORY} ({_COLUMNS})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "SELECT ?, 'attributes', ? "
        "WHERE NOT EXISTS (SELECT 1 FROM gpkg_contents WHERE table_name = ?)",
        (HISTORY, HISTORY, HISTORY),
    )


def _rows(
    layer: str, change: str, rows: pd.DataFrame, ids: tuple[str, ...]
) -> list[tuple[object, ...]]:
    plain = pd.DataFrame(rows.drop(columns="geometry", errors="ignore")).astype("object")
    names = [str(name) for name in plain.columns]
    shapes = np.full(len(plain), None, dtype=object)
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = shapely.to_wkb(np.asarray(rows.geometry.array, dtype=object))
    return [
        (layer, row, change, _json(names, values), wkb)
        for row, values, wkb in zip(
            ids, plain.itertuples(index=False, name=None), shapes, strict=True
        )
    ]


def _json(names: list[str], values: tuple[object, ...]) -> str:
    held = {name: value for name, value in zip(names, values, strict=True) if not pd.isna(value)}  # type: ignore[call-overload]
    return json.dumps(held, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)
