"""Tables of a GeoPackage within one transaction: rows read, put and taken out.

A table is made as GDAL makes it. A row keeps its number (``fid``) as long as its key stays, and a
number is never given twice: a program that edits the layer at the same time means the same row
by it.
"""

import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import islice

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from geo.arrays import Flags, Positions, Shapes
from geo.tools import Progress, batches, report, within
from layers.contracts import Contract, key_columns
from layers.errors import LayerError
from layers.validate import conform, row_names
from layers.workspace.encoding import decode_shapes, encode_shapes, fill_index

GEOMETRY = "geometry"
BULK_ROWS = 500
"""From so many rows on an empty spatial index is filled at once and not row by row."""

ROWS_AT_ONCE = 50_000
"""So many rows are stored between two tellings of progress."""

_TABLE_REGISTERS = (
    "gpkg_contents",
    "gpkg_geometry_columns",
    "gpkg_extensions",
    "gpkg_ogr_contents",
)
TILES_AT_ONCE = 100
"""So many tiles of a raster are copied between two tellings of progress: some 25 MB."""

TEXT_TYPES = ("TEXT", "DATE", "BLOB", "JSON")
REAL_TYPES = ("REAL", "DOUBLE", "FLOAT")
INTEGER_TYPES = ("INT", "MEDIUMINT", "SMALLINT", "TINYINT", "BOOL")


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Say whether there is a table, an index or a trigger of the name."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
    return known.fetchone() is not None


def column_types(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    """Give the declared type of each column of a table; nothing where there is none."""
    rows = connection.execute(f"PRAGMA table_info({quoted(name)})")
    return {row[1]: row[2].upper() for row in rows}


def blank_file(frame: pd.DataFrame, contract: Contract) -> bytes:
    """Give a GeoPackage that has the table for these rows, and none of them, as GDAL makes it."""
    options: dict[str, object] = {}
    if contract.is_spatial:
        is_polygon = contract.geometry == "polygon"
        options = {
            "geometry_type": "MultiPolygon" if is_polygon else "Unknown",
            "promote_to_multi": is_polygon,
            "layer_options": {"GEOMETRY_NAME": GEOMETRY},
        }
    buffer = io.BytesIO()
    pyogrio.write_dataframe(
        _storable(frame, contract).head(0), buffer, layer=contract.name, driver="GPKG", **options
    )
    return buffer.getvalue()


def _storable(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    plain = frame.copy()
    for name in contract.columns:
        if name in plain.columns and contract.field(name).kind in {"bool", "int"}:
            plain[name] = plain[name].astype("float64" if plain[name].isna().any() else "int64")
    return plain


def row_numbers(connection: sqlite3.Connection, contract: Contract) -> pd.Series:
    """Give the number (``fid``) of each row by its name, in their order."""
    if not has_table(connection, contract.name):
        return pd.Series([], index=pd.Index([], dtype=object), dtype="int64")
    keys = list(key_columns(contract))
    listed = ", ".join(map(quoted, keys))
    table = connection.execute(
        f"SELECT fid, {listed} FROM {quoted(contract.name)} ORDER BY fid"
    ).fetchall()
    numbers, *columns = zip(*table, strict=True) if table else ((),) * (len(keys) + 1)
    frame = pd.DataFrame(dict(zip(keys, columns, strict=True)), dtype="object")
    names = row_names(frame, contract) if len(frame) else []
    return pd.Series(numbers, index=pd.Index(names, dtype=object), dtype="int64")


def read_rows(
    connection: sqlite3.Connection, contract: Contract, crs: CRS, fids: Iterable[int] | None = None
) -> pd.DataFrame:
    """Read rows as they stand within the transaction, with the contract's types.

    ``fids``: Only the rows of these numbers, in the order of the table; None for all.
    """
    return understood(read_stored(connection, contract, crs, fids), contract, crs)


def understood(stored: pd.DataFrame, contract: Contract, crs: CRS) -> pd.DataFrame:
    """Give stored rows the contract's types; what another program spoilt is named.

    Raises LayerError: ``stored_value_bad``.
    """
    conformed, resisting = conform(stored, contract, crs)
    if resisting:
        fault = resisting[0]
        raise LayerError(
            "stored_value_bad", layer=contract.name, column=fault.column,
            examples=", ".join(fault.examples),
        )  # fmt: skip
    rows: pd.DataFrame = conformed
    return rows


def read_stored(
    connection: sqlite3.Connection, contract: Contract, crs: CRS, fids: Iterable[int] | None = None
) -> pd.DataFrame:
    """Read rows as ``read_rows`` does, with what the file says that the contract doesn't know.

    GDAL brings an SQLite of its own. When that closes a file, the system takes every lock on it
    from the whole process, also those of a change that is being written: the file is only ever
    read through the SQLite that writes it.
    """
    types = column_types(connection, contract.name)
    if not types:
        return pd.DataFrame(columns=list(contract.columns))
    where = ""
    numbers: tuple[str, ...] = ()
    if fids is not None:  # as one value: a reader may make no table, not even a temporary one
        where = "WHERE fid IN (SELECT value FROM json_each(?))"
        numbers = (json.dumps([int(fid) for fid in fids]),)
    listed = ", ".join(map(quoted, types))
    rows = connection.execute(
        f"SELECT {listed} FROM {quoted(contract.name)} {where} ORDER BY fid", numbers
    ).fetchall()
    values = dict(zip(types, zip(*rows, strict=True) if rows else ((),) * len(types), strict=True))
    columns = {
        name: _typed(values[name], kind)
        for name, kind in types.items()
        if name not in {"fid", GEOMETRY}
    }
    frame = pd.DataFrame(columns, index=range(len(rows)))
    if not contract.is_spatial:
        return frame
    try:
        shapes = decode_shapes(values.get(GEOMETRY, (None,) * len(rows)))
    except (shapely.errors.ShapelyError, TypeError, IndexError) as error:
        place = connection.execute("PRAGMA database_list").fetchone()[2]
        raise LayerError("layer_unreadable", layer=contract.name, path=place) from error
    stored: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)
    return stored


def _typed(values: Sequence[object], kind: str) -> pd.Series:
    """Give a column the type that GDAL reads it with; one that holds something else as it is."""
    kinds = set(map(type, values))
    if kinds <= {int} and kind.startswith(INTEGER_TYPES):
        return pd.Series(values, dtype="bool" if kind.startswith("BOOL") else "int64")
    if kinds <= {int, float, type(None)} and kind.startswith(REAL_TYPES):
        return pd.Series(np.array(values, dtype=np.float64))
    column: pd.Series = pd.Series(list(values), dtype="object")
    if kind.startswith((*REAL_TYPES, *INTEGER_TYPES)):
        numbers = pd.to_numeric(column, errors="coerce")
        if (numbers.isna() & column.notna()).any():
            return column
        if kind.startswith(REAL_TYPES) or numbers.isna().any():
            return numbers.astype("float64")
        return numbers.astype("bool" if kind.startswith("BOOL") else "int64")
    if kind.startswith("DATETIME"):
        moments = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
        return column if (moments.isna() & column.notna()).any() else moments
    return column


def _list_numbers(connection: sqlite3.Connection, fids: Iterable[int]) -> None:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted_rows (fid INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM temp.wanted_rows")
    connection.executemany("INSERT INTO temp.wanted_rows VALUES (?)", ((int(f),) for f in fids))


def replace_rows(
    connection: sqlite3.Connection,
    frame: pd.DataFrame,
    contract: Contract,
    at: str,
    progress: Progress | None = None,
) -> None:
    """Put rows in the place of a whole table, columns and all.

    ``at``: Moment of the change (ISO).
    ``progress``: Told the share stored.
    """
    name = contract.name
    fids = _numbers_for(connection, frame, contract)
    last = _last_number(connection, name)
    rules = _foreign_rules(connection, name)
    if has_table(connection, name):
        connection.execute(f"DROP TABLE IF EXISTS {quoted(_index_name(name))}")
        connection.execute(f"DROP TABLE {quoted(name)}")
    triggers = _make_table(connection, frame, contract)
    shapes = _insert(connection, frame, contract, fids, progress)
    if shapes is not None:
        _fill(connection, name, fids, shapes)
    for statement in triggers:
        connection.execute(statement)
    _keep_counting(connection, name, last)
    for rule, statement, wanted in rules:
        if wanted <= set(column_types(connection, name)):
            _make_rule(connection, name, rule, statement)
    _touch(connection, name, at)


def put_rows(
    connection: sqlite3.Connection,
    frame: pd.DataFrame,
    contract: Contract,
    crs: CRS,
    at: str,
    progress: Progress | None = None,
) -> None:
    """Add rows to a table; one whose key is there takes the place of that row.

    ``at``: Moment of the change (ISO).
    ``progress``: Told the share stored.
    """
    name = contract.name
    plain = _storable(frame, contract)
    if not has_table(connection, name):
        replace_rows(connection, frame, contract, at, progress)
        return
    if _has_unfit_column(connection, plain, name):
        current = read_rows(connection, contract, crs)
        names = pd.Index(row_names(frame, contract), dtype=object)
        stays = ~pd.Index(row_names(current, contract), dtype=object).isin(names)
        whole = pd.concat([current[stays], frame], ignore_index=True)
        replace_rows(connection, whole, contract, at, progress)
        return
    with closing(sqlite3.connect(":memory:")) as template:
        template.deserialize(blank_file(frame, contract))
        there = column_types(connection, name)
        for column, kind in column_types(template, name).items():
            if column not in there:
                connection.execute(f"ALTER TABLE {quoted(name)} ADD COLUMN {quoted(column)} {kind}")
    fids = _numbers_for(connection, frame, contract)
    _delete(connection, name, fids)
    trigger = _paused_index(connection, name, len(frame))
    shapes = _insert(connection, frame, contract, fids, progress)
    if trigger is not None and shapes is not None:
        _fill(connection, name, fids, shapes)
        connection.execute(trigger)
    _touch(connection, name, at)


def delete_rows(
    connection: sqlite3.Connection, contract: Contract, names: Iterable[str], at: str
) -> None:
    """Take rows out by their names."""
    numbers = row_numbers(connection, contract)
    _delete(connection, contract.name, numbers[numbers.index.isin(list(names))])
    _touch(connection, contract.name, at)


def _delete(connection: sqlite3.Connection, name: str, fids: Iterable[int]) -> None:
    _list_numbers(connection, fids)
    connection.execute(
        f"DELETE FROM {quoted(name)} WHERE fid IN (SELECT fid FROM temp.wanted_rows)"
    )


def _numbers_for(
    connection: sqlite3.Connection, frame: pd.DataFrame, contract: Contract
) -> Positions:
    """Give each row its number: that of its key, or one that no row ever had."""
    known = row_numbers(connection, contract)
    known = known[~known.index.duplicated()]
    names = pd.Index(row_names(frame, contract), dtype=object)
    fids = known.reindex(names).to_numpy(dtype=float, copy=True)
    fresh = np.isnan(fids)
    fids[fresh] = _last_number(connection, contract.name) + 1 + np.arange(fresh.sum())
    return fids.astype(np.int64)


def _last_number(connection: sqlite3.Connection, name: str) -> int:
    """Give the highest number a row of a table ever had, 0 where there was none."""
    if not has_table(connection, name):
        return 0
    top = connection.execute(f"SELECT max(fid) FROM {quoted(name)}").fetchone()[0] or 0
    counted = None
    if has_table(connection, "sqlite_sequence"):
        counted = connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)
        ).fetchone()
    return max(int(top), int(counted[0]) if counted else 0)


def _keep_counting(connection: sqlite3.Connection, name: str, last: int) -> None:
    known = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
    if known is None:
        connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, last))
    elif known[0] < last:
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, name))


def _index_name(name: str) -> str:
    return f"rtree_{name}_{GEOMETRY}"


def _make_table(
    connection: sqlite3.Connection, frame: pd.DataFrame, contract: Contract
) -> list[str]:
    """Make a table with index and registration as GDAL makes them.

    Statements of its triggers: what is put in at once is counted and indexed at once.
    """
    name = contract.name
    with closing(sqlite3.connect(":memory:")) as template:
        template.deserialize(blank_file(frame, contract))
        statements = template.execute(
            "SELECT sql, type = 'trigger' FROM sqlite_master WHERE tbl_name IN (?, ?) "
            "AND sql IS NOT NULL", (name, _index_name(name)),
        ).fetchall()  # fmt: skip
        for statement, is_trigger in statements:
            if not is_trigger:
                connection.execute(statement)
        copy_rows(template, connection, "gpkg_spatial_ref_sys", "1", ())
        for register in _TABLE_REGISTERS:
            if has_table(template, register):
                copy_rows(template, connection, register, "lower(table_name) = lower(?)", (name,))
    return [statement for statement, is_trigger in statements if is_trigger]


def copy_rows(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    where: str,
    values: tuple[object, ...],
    progress: Progress | None = None,
) -> None:
    """Copy rows that aren't there yet from one file to another, with the table where it lacks."""
    if not has_table(target, table):
        statements = source.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
            "ORDER BY type = 'trigger'", (table,),
        ).fetchall()  # fmt: skip
        for (statement,) in statements:
            target.execute(statement)
    columns = [c for c in column_types(source, table) if c in column_types(target, table)]
    if table.startswith("gpkg_2d"):
        columns.remove("id")
    listed = ", ".join(map(quoted, columns))
    statement = (
        f"INSERT OR IGNORE INTO {quoted(table)} ({listed}) VALUES ({', '.join('?' * len(columns))})"
    )
    rows = source.execute(f"SELECT {listed} FROM {quoted(table)} WHERE {where}", values)
    if progress is None:
        target.executemany(statement, rows)
        return
    count = source.execute(f"SELECT count(*) FROM {quoted(table)} WHERE {where}", values)
    for batch in batches(count.fetchone()[0], TILES_AT_ONCE, progress):
        target.executemany(statement, islice(rows, batch.stop - batch.start))


def _foreign_rules(
    connection: sqlite3.Connection, name: str
) -> list[tuple[str, str, frozenset[str]]]:
    """List indexes and triggers that somebody made on a table.

    Name, statement, and the columns without which it has nothing to stand on: an index goes with
    its column.
    """
    rows = connection.execute(
        "SELECT name, sql, type FROM sqlite_master WHERE type IN ('index', 'trigger') "
        "AND tbl_name = ? AND sql IS NOT NULL ORDER BY type", (name,),
    ).fetchall()  # fmt: skip
    return [
        (
            rule, sql,
            frozenset(
                row[2] for row in connection.execute(f"PRAGMA index_info({quoted(rule)})")
                if kind == "index" and row[2] is not None
            ),
        )
        for rule, sql, kind in rows
        if not _is_own(rule, name)
    ]  # fmt: skip


def _is_own(rule: str, name: str) -> bool:
    """Say whether a trigger is one that GDAL makes with every table, in any of its versions."""
    return rule.startswith(f"{_index_name(name)}_") or (
        rule.startswith("trigger_") and rule.endswith(f"_feature_count_{name}")
    )


def _make_rule(connection: sqlite3.Connection, name: str, rule: str, statement: str) -> None:
    """Put an index or a trigger of another program on a table that was made anew.

    Raises LayerError: ``rule_homeless`` where it needs a column that the table has no more; as a
    trigger it would refuse every later change.
    """
    columns = ", ".join(f"{quoted(c)} = {quoted(c)}" for c in column_types(connection, name))
    try:
        connection.execute(statement)
        for change in (
            f"INSERT INTO {quoted(name)} DEFAULT VALUES",
            f"UPDATE {quoted(name)} SET {columns}",
            f"DELETE FROM {quoted(name)}",
        ):
            connection.execute(f"EXPLAIN {change}")
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such column"):
            column = str(error).rpartition(":")[2].strip().rpartition(".")[2]
            raise LayerError("rule_homeless", layer=name, rule=rule, column=column) from error
        if not str(error).startswith("no such function"):  # its own program knows it
            raise


def _has_unfit_column(connection: sqlite3.Connection, plain: pd.DataFrame, name: str) -> bool:
    """Say whether texts come for a column of numbers."""
    there = column_types(connection, name)
    return any(
        str(column) in there
        and not pd.api.types.is_numeric_dtype(plain[column].dtype)
        and not there[str(column)].startswith(TEXT_TYPES)
        and plain[column].notna().any()
        for column in plain.columns
        if column != GEOMETRY
    )


def _insert(
    connection: sqlite3.Connection,
    frame: pd.DataFrame,
    contract: Contract,
    fids: Positions,
    progress: Progress | None,
) -> Shapes | None:
    """Insert rows, and give their shapes."""
    name = contract.name
    report(progress, 0.0)
    plain = _storable(frame, contract)
    # What is missing in every row needs no place among the values.
    filled = plain.columns[plain.notna().any()]
    names = [str(column) for column in filled if column != GEOMETRY]
    columns = []
    for done, column in enumerate(names):
        report(progress, 0.2 * done / len(names))
        columns.append(_plain_values(plain[column]))
    shapes = None
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = np.asarray(frame.geometry.array, dtype=object)
        srs_id = connection.execute(
            "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (name,)
        ).fetchone()[0]
        as_multi = contract.geometry == "polygon"
        names.append(GEOMETRY)
        columns.append(
            [
                encoded
                for batch in batches(len(shapes), ROWS_AT_ONCE, within(progress, 0.2, 0.5))
                for encoded in encode_shapes(shapes[batch], srs_id, as_multi=as_multi)
            ]
        )
    listed = ", ".join(map(quoted, ["fid", *names]))
    statement = (
        f"INSERT INTO {quoted(name)} ({listed}) VALUES ({', '.join('?' * (len(names) + 1))})"
    )
    rows = zip(fids.tolist(), *columns, strict=True)
    for batch in batches(len(fids), ROWS_AT_ONCE, within(progress, 0.5, 0.9)):
        connection.executemany(statement, islice(rows, batch.stop - batch.start))
    report(progress, 1.0)
    return shapes


def _plain_values(column: pd.Series) -> list[object]:
    """Give values as SQLite takes them, None for what is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        texts = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return list(texts.astype("object").where(column.notna(), None))
    values: list[object] = column.astype("object").where(column.notna(), None).tolist()
    if isinstance(column.dtype, pd.StringDtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return values
    kinds = (str, int, float, bytes, type(None))
    return [value if isinstance(value, kinds) else str(value) for value in values]


def _paused_index(connection: sqlite3.Connection, name: str, rows: int) -> str | None:
    """Take out the trigger that fills an empty spatial index row by row, where many rows come."""
    index = _index_name(name)
    trigger = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (f"{index}_insert",)
    ).fetchone()
    if rows < BULK_ROWS or trigger is None:
        return None
    if connection.execute(f"SELECT 1 FROM {quoted(index)} LIMIT 1").fetchone():
        return None
    connection.execute(f"DROP TRIGGER {quoted(f'{index}_insert')}")
    return str(trigger[0])


def _fill(connection: sqlite3.Connection, name: str, fids: Positions, shapes: Shapes) -> None:
    there: Flags = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    bounds = shapely.bounds(shapes[there])[:, [0, 2, 1, 3]]
    fill_index(connection, _index_name(name), fids[there], bounds)


def _touch(connection: sqlite3.Connection, name: str, at: str) -> None:
    """Note when a table was changed, how many rows it has and how far it reaches."""
    reach = (None, None, None, None)
    index = _index_name(name)
    if has_table(connection, index):
        reach = connection.execute(
            f"SELECT min(minx), min(miny), max(maxx), max(maxy) FROM {quoted(index)}"
        ).fetchone()
    connection.execute(
        "UPDATE gpkg_contents SET last_change = "
        "coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', ?), last_change), min_x = ?, min_y = ?, "
        "max_x = ?, max_y = ? WHERE table_name = ?", (at, *reach, name),
    )  # fmt: skip
    if has_table(connection, "gpkg_ogr_contents"):
        connection.execute(
            f"UPDATE gpkg_ogr_contents SET feature_count = (SELECT count(*) FROM {quoted(name)}) "
            "WHERE lower(table_name) = lower(?)", (name,),
        )  # fmt: skip
