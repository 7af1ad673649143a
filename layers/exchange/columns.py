"""Which column of a file is which column of the vocabulary; what is neither is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo.nearest import nearest_name
from geo.units import AREA_UNITS_IN_M2
from layers.conform import SOURCE_PREFIX, as_numbers
from layers.contracts import Contract, key_columns
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.heading import field_title, plain_title
from layers.exchange.kept import kept_names, kept_values

DECLARED = "area_declared_m2"
COLUMNS_SHOWN = 12


@dataclass(frozen=True)
class ColumnPlan:
    """What becomes of each column of a file.

    Attributes
    ----------
    targets
        File column -> name in the workspace, in the file's order.
    evidence
        What was stated, recognised and kept.
    """

    targets: Mapping[str, str]
    evidence: tuple[Evidence, ...]


def plan_columns(
    columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]
) -> ColumnPlan:
    """Decide what becomes of each column of a file.

    Parameters
    ----------
    columns
        The file's columns, without the shape.
    contract
        What the layer must be.
    mapping
        Stated: file column -> vocabulary column.

    Returns
    -------
    ColumnPlan
        Stated columns as stated; then those that bear a vocabulary name of the contract or its
        heading; the rest under ``src_<name>``.

    Raises
    ------
    LayerError
        ``target_unknown``, ``source_column_unknown``, ``target_twice``, ``key_column_missing``.
    """
    _check_mapping(columns, contract, mapping)
    evidence = [found("column_stated", column=c, target=t) for c, t in mapping.items()]
    targets = recognised_columns(columns, contract, mapping)
    evidence += [
        found("column_recognised", column=column, target=target)
        for column, target in targets.items()
        if column not in mapping and column != target
    ]
    missing = [key for key in key_columns(contract) if key not in targets.values()]
    if missing:
        raise LayerError(
            "key_column_missing", layer=contract.name, column=missing[0], target=missing[0],
            columns=", ".join(columns[:COLUMNS_SHOWN]),
        )  # fmt: skip
    kept = kept_names([column for column in columns if column not in targets])
    evidence += [found("column_kept", column=column, kept_as=name) for column, name in kept.items()]
    everything = targets | kept
    return ColumnPlan({column: everything[column] for column in columns}, tuple(evidence))


def recognised_columns(
    columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Recognise the columns that bear a vocabulary name of the contract or its heading.

    Parameters
    ----------
    columns
        The file's columns, without the shape.
    contract
        What the layer must be.
    mapping
        Stated: file column -> vocabulary column.

    Returns
    -------
    dict
        The stated columns, then the recognised ones: file column -> vocabulary column.
    """
    targets = dict(mapping)
    for form in (lambda name: name, str.casefold, plain_title):
        names = _known_names(contract, form)
        for column in columns:
            target = names.get(form(column))
            if target is None or column in targets or target in targets.values():
                continue
            targets[column] = target
    return targets


def rename_columns(frame: pd.DataFrame, plan: ColumnPlan) -> pd.DataFrame:
    """Give a file's rows the names planned; what the vocabulary doesn't know stays readable.

    Parameters
    ----------
    frame
        Rows as read.
    plan
        What becomes of each column.

    Returns
    -------
    DataFrame
        Same rows and shapes; kept columns are numbers where the file has numbers, else text.
    """
    columns: dict[str, pd.Series] = {}
    for column, target in plan.targets.items():
        values = frame[column]
        columns[target] = kept_values(values) if target.startswith(SOURCE_PREFIX) else values
    renamed = pd.DataFrame(columns, index=frame.index)
    if isinstance(frame, gpd.GeoDataFrame):
        renamed = gpd.GeoDataFrame(renamed, geometry=frame.geometry, crs=frame.crs)
    return renamed


def convert_declared(
    frame: pd.DataFrame, unit: str | None
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn declared areas into square metres where the file states them in another unit.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    unit
        ``m2``, ``亩``, ``公顷``, or None for square metres.

    Returns
    -------
    frame, evidence
        The rows, values that are no numbers untouched (validation names them), and what was done.

    Raises
    ------
    LayerError
        ``declared_column_missing`` where a unit is stated for a column that isn't there.
    """
    if unit is None:
        return frame, ()
    if DECLARED not in frame.columns:
        raise LayerError("declared_column_missing", column=DECLARED, target=DECLARED, unit=unit)
    given = frame[DECLARED]
    numbers = as_numbers(given) * AREA_UNITS_IN_M2[unit]
    converted = given.astype("object").where(numbers.isna(), numbers)
    note = found("declared_unit", unit=unit, count=int(numbers.notna().sum()))
    return frame.assign(**{DECLARED: converted}), (note,)


def _check_mapping(columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in contract.columns:
            raise LayerError(
                "target_unknown", layer=contract.name, target=target,
                nearest=nearest_name(target, contract.columns),
            )  # fmt: skip
        if column not in columns:
            raise LayerError(
                "source_column_unknown", column=column, nearest=nearest_name(column, columns)
            )
        if target in taken:
            raise LayerError("target_twice", target=target, first=taken[target], second=column)
        taken[target] = column


def _known_names(contract: Contract, form: object) -> dict[str, str]:
    """Map each form of a name or heading that stands for one column only to that column."""
    assert callable(form)
    names: dict[str, set[str]] = {}
    for name in contract.columns:
        entry = contract.field(name)
        spellings = {
            name, entry.zh, entry.en, field_title(entry, "zh"), field_title(entry, "en")
        }  # fmt: skip
        for spelling in spellings:
            names.setdefault(form(spelling), set()).add(name)
    unambiguous = {spelling: min(owners) for spelling, owners in names.items() if len(owners) == 1}
    # A vocabulary name is never ambiguous, even where it is another column's English word.
    return unambiguous | {form(name): name for name in contract.columns}
