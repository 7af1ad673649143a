"""What an investment map says of a platform and of available land, in words."""

from collections.abc import Iterable, Mapping
from functools import reduce

import pandas as pd

from app.context import Context
from geo.errors import MuPlanError
from layers.fields import FIELDS, split_list
from layers.land_uses import GUIDE, SURVEY
from layers.public import PUBLIC_COLUMNS
from platforms.industries.codes import IndustryTable

Facts = tuple[tuple[str, str], ...]

USES: Mapping[str, Mapping[str, str]] = {"MNR2023": GUIDE, "GBT21010": SURVEY}


def platform_facts(
    context: Context, row: pd.Series, figures: Mapping[str, object], shown: tuple[str, ...]
) -> Facts:
    """Say of a platform what is asked.

    Parameters
    ----------
    context
        Language and the table of industries.
    row
        Public columns of the platform.
    figures
        ``unit_name``, ``block_count``, ``block_area_mu`` [亩].
    shown
        What is said, in order.

    Returns
    -------
    tuple of (label, value)
        What isn't known is left out.
    """
    words = context.words
    table = context.industries()
    held = {**row.to_dict(), **figures}
    for name in ("leading_industries", "specialty_industries"):
        held[name] = _industries(held[name], held["industry_scheme"], table, words.language)
    if isinstance(held["level"], str):
        held["level"] = words.word("level", held["level"])
    held["leading_chains"] = "、".join(split_list(held["leading_chains"]))
    return _said(context, held, shown)


def block_facts(
    context: Context,
    row: pd.Series,
    parcels: pd.DataFrame,
    placed: Mapping[str, object],
    shown: tuple[str, ...],
) -> Facts:
    """Say of available land what is asked.

    Parameters
    ----------
    context
        Language.
    row
        Figures of the block list.
    parcels
        Rows of its parcels.
    placed
        ``platform_name``, ``unit_name``.
    shown
        What is said, in order.

    Returns
    -------
    tuple of (label, value)
        What isn't known is left out; utilities are those that every parcel has.
    """
    words = context.words
    public = parcels[list(PUBLIC_COLUMNS["land_parcels"])]
    held: dict[str, object] = {**row.to_dict(), **placed}
    each = [frozenset(split_list(value)) for value in public["utilities"]]
    common = reduce(frozenset.intersection, each) if each else frozenset()
    held["utilities"] = words.codes("utilities", ";".join(_in_order(common)))
    held["land_use"] = _together(
        _use(code, scheme)
        for code, scheme in zip(public["land_use_code"], public["land_use_scheme"], strict=True)
    )
    held["floor_area_ratio"] = _together(
        _span(low, high) for low, high in zip(public["far_min"], public["far_max"], strict=True)
    )
    return _said(context, held, shown)


def _said(context: Context, held: Mapping[str, object], shown: tuple[str, ...]) -> Facts:
    text = context.words.text
    facts = []
    for name in shown:
        value = held[name]
        if value is None or value == "" or value is pd.NA or value != value:  # NaN differs
            continue
        facts.append((text(f"public_{name}"), _value(context, name, value)))
    return tuple(facts)


def _value(context: Context, name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    for ending in ("_mu", "_m", "_pct"):
        if name.endswith(ending):
            return context.words.text(f"public_value{ending}", value=float(str(value)))
    return str(value)


def _industries(value: object, scheme: object, table: IndustryTable, language: str) -> str:
    """Name the industries; a code is named by the scheme that it is written in only."""
    said = []
    for code in split_list(value):
        try:
            division = table.code(code).division if scheme == table.scheme else None
        except MuPlanError:
            division = None
        if division is None:
            said.append(f"{scheme} {code}" if isinstance(scheme, str) else code)
        else:
            section, name = table.divisions[division]
            said.append(f"{name} {section}{division}")
    return ("、" if language == "zh" else "; ").join(dict.fromkeys(said))


def _use(code: object, scheme: object) -> str | None:
    """Name a land use; None where it isn't known, or no scheme says what the digits mean."""
    if not isinstance(code, str) or not isinstance(scheme, str):
        return None
    return USES.get(scheme, {}).get(code, f"{scheme} {code}")


def _span(low: object, high: object) -> str | None:
    least, most = (None if pd.isna(v) else f"{float(str(v)):g}" for v in (low, high))
    if least is None and most is None:
        return None
    return f"{least or ''}–{most or ''}" if most else f"≥{least}"


def _together(values: Iterable[str | None]) -> str | None:
    """Join what the parcels say; None where one of them says nothing."""
    each = list(values)
    known = [value for value in each if value is not None]
    return "、".join(sorted(set(known))) if known and len(known) == len(each) else None


def _in_order(codes: frozenset[str]) -> list[str]:
    """Give the utilities known in the order of the vocabulary; another word may say anything."""
    return [code for code in FIELDS["utilities"].values if code in codes]
