"""Which rows are on file already."""

import dataclasses
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geo.tools import nearest_name
from layers.contracts import Contract, key_columns
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence
from layers.exchange.recognise.columns import recognised_columns
from layers.exchange.request import ImportRequest
from layers.validate import conform, row_names


def keys_of(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Name rows by their keys as the layer would store them.

    ``frame``: Rows with the vocabulary's column names.

    One name per row; ``#<number>`` where the key is missing.
    """
    columns = key_columns(contract)
    narrow = dataclasses.replace(contract, columns=columns, geometry="none")
    return row_names(conform(pd.DataFrame(frame[list(columns)]), narrow)[0], contract)


def fill_from_existing(
    frame: pd.DataFrame, existing: pd.DataFrame, contract: Contract, blanks_of: Sequence[str] = ()
) -> pd.DataFrame:
    """Complete rows of an update with the columns that the file doesn't bring.

    ``blanks_of``: Columns of the new rows whose empty cells say nothing, and are filled too.

    The new rows; columns (and shapes) that only the layer has are taken from the row of the same
    key. A cell that the file leaves empty is emptied.
    """
    names = keys_of(frame, contract)
    there = existing.set_axis(pd.Index(row_names(existing, contract)), axis=0)
    there = pd.DataFrame(there[~there.index.duplicated()])
    added = {
        str(column): there[column].reindex(names).to_numpy(dtype=object)
        for column in there.columns
        if column not in frame.columns
    }
    for column in blanks_of:
        known = pd.Series(there[column].reindex(names).to_numpy(dtype=object), index=frame.index)
        filled = frame[column].astype("object").where(frame[column].notna(), known)
        added[column] = filled.to_numpy(dtype=object)
    shapes = added.pop("geometry", None)
    whole: pd.DataFrame = frame.assign(**added)
    if shapes is not None and isinstance(existing, gpd.GeoDataFrame):
        shapes[pd.isna(shapes)] = None
        whole = gpd.GeoDataFrame(whole, geometry=shapes, crs=existing.crs)
    return whole


VALUES_NAMED = 5


def with_keys(
    frame: pd.DataFrame, existing: pd.DataFrame, contract: Contract, request: ImportRequest
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give the rows of a list the keys of the rows they belong to, by a column both have.

    ``frame``: Rows as read, with the file's column names.
    ``request``: ``join_by`` names the column of the vocabulary; None changes nothing.

    The rows with the key in a further column; it is missing where no row of the layer has the value
    or several have it (validation then names the row), and these values are listed.

    Raises LayerError: ``join_needs_update``, ``join_not_possible``, ``target_unknown``,
    ``join_column_missing``, ``join_key_there``.
    """
    name = request.join_by
    if name is None:
        return frame, ()
    if request.mode != "update":
        raise LayerError("join_needs_update", column=name, mode=request.mode)
    if len(key_columns(contract)) > 1:
        raise LayerError("join_not_possible", layer=contract.name)
    if name not in contract.columns:
        raise LayerError(
            "target_unknown", layer=contract.name, target=name,
            nearest=nearest_name(name, contract.columns),
        )  # fmt: skip
    columns = [str(column) for column in frame.columns if column != "geometry"]
    targets = recognised_columns(columns, contract, request.mapping)
    sources = {target: column for column, target in targets.items()}
    if contract.key in sources:
        raise LayerError("join_key_there", column=sources[contract.key], layer=contract.name)
    if name not in sources:
        raise LayerError("join_column_missing", column=name, target=name)
    wanted = _texts(frame[sources[name]], name, contract)
    keys, twice = _keys_by(existing, name, contract)
    found_keys = [None if text is None else keys.get(text) for text in wanted]
    notes = [
        Evidence.of("joined_by", column=name, count=sum(key is not None for key in found_keys))
    ]
    for code, values in (
        ("join_absent", [t for t in wanted if t is not None and t not in keys | twice]),
        ("join_ambiguous", [t for t in wanted if t in twice]),
    ):
        if values:
            notes.append(_listed(code, name, values))
    return frame.assign(**{contract.key: pd.Series(found_keys, index=frame.index, dtype=object)}), (
        *notes,
    )


def _texts(column: pd.Series, name: str, contract: Contract) -> list[str | None]:
    """Give values as the layer would store them, so that both sides are spelled alike."""
    narrow = dataclasses.replace(contract, columns=(name,), geometry="none", key=name)
    values = conform(pd.DataFrame({name: column.to_numpy(dtype=object)}), narrow)[0][name]
    return [None if pd.isna(value) else str(value) for value in values]


def _keys_by(
    existing: pd.DataFrame, name: str, contract: Contract
) -> tuple[dict[str, str], dict[str, str]]:
    """Give the key of each value that one row has, and the values that several have."""
    once: dict[str, str] = {}
    twice: dict[str, str] = {}
    for value, key in zip(existing[name], existing[contract.key], strict=True):
        if pd.isna(value):
            continue
        if str(value) in once:
            twice[str(value)] = str(key)
        once[str(value)] = str(key)
    return {value: key for value, key in once.items() if value not in twice}, twice


def _listed(code: str, name: str, values: Sequence[str]) -> Evidence:
    more = " …" if len(values) > VALUES_NAMED else ""
    examples = ", ".join(value[:40] for value in values[:VALUES_NAMED]) + more
    return Evidence(code, {"column": name, "count": len(values), "values": examples})
