"""Which column of a file is which column of the vocabulary; what is neither is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geo.nearest import nearest_name
from layers.conform import SOURCE_PREFIX, as_numbers
from layers.contracts import Contract, key_columns
from layers.errors import LayerError
from layers.exchange.declared import DECLARED
from layers.exchange.evidence import Evidence, found
from layers.exchange.heading import field_title, plain_title
from layers.exchange.heading_units import split_heading, unit_factor
from layers.exchange.kept import kept_names, kept_values
from layers.exchange.remembered import KEEP, NEVER, LastTime
from layers.exchange.synonyms import UNITS_OF_WORDS, synonyms_of

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
    columns: Sequence[str],
    contract: Contract,
    mapping: Mapping[str, str],
    last_time: LastTime = NEVER,
) -> ColumnPlan:
    """Decide what becomes of each column of a file.

    Parameters
    ----------
    columns
        The file's columns, without the shape.
    contract
        What the layer must be.
    mapping
        Stated: file column -> vocabulary column, or ``-`` to keep it as it is.
    last_time
        What was stated for a file of the same columns before.

    Returns
    -------
    ColumnPlan
        Stated columns as stated; then those of last time; then those that bear a vocabulary name
        of the contract, its heading or a synonym; the rest under ``src_<name>``.

    Raises
    ------
    LayerError
        ``target_unknown``, ``source_column_unknown``, ``target_twice``, ``key_column_missing``.
    """
    _check_mapping(columns, contract, mapping)
    evidence = [
        found("column_stated", column=c, target=t) if t != KEEP else
        found("column_stated_kept", column=c)
        for c, t in mapping.items()
    ]  # fmt: skip
    before = last_time.beside(mapping, columns, contract.columns)
    evidence += [
        found("column_as_last_time", column=c, target=t, at=last_time.at[:10])
        for c, t in before.items()
        if t != KEEP
    ]
    targets = recognised_columns(columns, contract, {**mapping, **before})
    evidence += [
        found("column_recognised", column=column, target=target)
        for column, target in targets.items()
        if column not in mapping and column not in before and column != target
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
    """Recognise the columns that bear a vocabulary name of the contract, its heading or a synonym.

    Parameters
    ----------
    columns
        The file's columns, without the shape.
    contract
        What the layer must be.
    mapping
        Stated: file column -> vocabulary column, or ``-`` to keep it as it is.

    Returns
    -------
    dict
        The stated columns, then the recognised ones: file column -> vocabulary column.
    """
    targets = {column: target for column, target in mapping.items() if target != KEEP}
    free = [column for column in columns if column not in mapping]
    for form in (lambda name: name, str.casefold, plain_title):
        names = _known_names(contract, form)
        for column in free:
            target = names.get(form(column))
            if target is None or column in targets or target in targets.values():
                continue
            targets[column] = target
    return targets | _by_synonyms(free, contract, targets)


def _by_synonyms(
    columns: Sequence[str], contract: Contract, targets: Mapping[str, str]
) -> dict[str, str]:
    """Recognise columns by the words offices use; the better word wins, not the first column."""
    bare: dict[str, str] = {}
    for column in columns:
        if column not in targets:
            bare.setdefault(split_heading(column)[0], column)
            bare.setdefault("".join(plain_title(column).split()), column)
    more: dict[str, str] = {}
    for word, target in synonyms_of(contract):
        named = bare.get(word)
        if named is None or named in more or target in {*targets.values(), *more.values()}:
            continue
        unit = heading_unit(named)
        if unit is not None and unit_factor(unit, contract.field(target).unit) is None:
            continue
        more[named] = target
    return more


def heading_unit(column: str) -> str | None:
    """Give the unit that the heading of a column names, None where it names none."""
    bare, unit = split_heading(column)
    return UNITS_OF_WORDS.get(bare) if unit is None else unit


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


def convert_headings(
    frame: pd.DataFrame, plan: ColumnPlan, contract: Contract
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Turn figures into the vocabulary's unit where their heading names another one.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.
    plan
        Which file column became which.
    contract
        What the layer must be.

    Returns
    -------
    frame, evidence
        The rows, values that are no numbers untouched, and what was done. Declared areas aren't
        touched: see ``declared_areas``.
    """
    notes = []
    for column, target in plan.targets.items():
        unit = heading_unit(column)
        if target not in contract.columns or target == DECLARED or unit is None:
            continue
        factor = unit_factor(unit, contract.field(target).unit)
        if factor is None or factor == 1.0:
            continue
        numbers = as_numbers(frame[target]) * factor
        values = frame[target].astype("object").where(numbers.isna(), numbers)
        frame = frame.assign(**{target: values})
        notes.append(
            found(
                "heading_unit", column=column, unit=unit, target=target,
                count=int(numbers.notna().sum()),
            )
        )  # fmt: skip
    return frame, tuple(notes)


def _check_mapping(columns: Sequence[str], contract: Contract, mapping: Mapping[str, str]) -> None:
    taken: dict[str, str] = {}
    for column, target in mapping.items():
        if target not in contract.columns and target != KEEP:
            raise LayerError(
                "target_unknown", layer=contract.name, target=target,
                nearest=nearest_name(target, contract.columns),
            )  # fmt: skip
        if column not in columns:
            raise LayerError(
                "source_column_unknown", column=column, nearest=nearest_name(column, columns)
            )
        if target == KEEP:
            continue
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
            name, entry.zh, entry.en, field_title(entry, "zh"), field_title(entry, "en"),
            f"{entry.en} ({entry.unit})",
        }  # fmt: skip
        for spelling in spellings:
            names.setdefault(form(spelling), set()).add(name)
    unambiguous = {spelling: min(owners) for spelling, owners in names.items() if len(owners) == 1}
    # A vocabulary name is never ambiguous, even where it is another column's English word.
    return unambiguous | {form(name): name for name in contract.columns}
