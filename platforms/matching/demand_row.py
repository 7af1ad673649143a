"""Reading a demand from a row of the ledger, a file or a form."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geo.nearest import nearest_name
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, split_list
from platforms.errors import PlanningError
from platforms.matching.demand import Demand, known_words
from platforms.policy.dated import iso_day


def demand_of(row: Mapping[str, Any]) -> Demand:
    """Read a demand from a row of the project ledger or from a file.

    Parameters
    ----------
    row
        Column names of ``projects`` with their values; missing ones are unknown. Pairs such as
        ``emissions_t`` come as ``氮氧化物:0.7;氨氮:0.1`` or as a mapping.

    Returns
    -------
    Demand
        The demand.

    Raises
    ------
    PlanningError
        ``demand_key_unknown``, ``demand_value_bad``, ``demand_land_missing`` and those of
        ``Demand``.

    Examples
    --------
    >>> demand_of({"project_id": "P1", "land_min_mu": 120}).land_wanted_mu
    120.0
    """
    known = set(CONTRACTS["projects"].columns)
    for key in row:
        if key not in known and not str(key).startswith("src_"):
            raise PlanningError(
                "demand_key_unknown", key=str(key), nearest=nearest_name(str(key), sorted(known))
            )
    project_id = _text(row, "project_id") or ""
    least = _number(row, "land_min_mu")
    if least is None:
        least = _number(row, "land_ideal_mu")
    if least is None:
        raise PlanningError("demand_land_missing", project_id=project_id)
    return Demand(
        project_id=project_id,
        name=_text(row, "name") or project_id,
        category=_code(row, "category"),
        industry_code=_text(row, "industry_code"),
        industry_scheme=_code(row, "industry_scheme"),
        land_min_mu=least,
        land_ideal_mu=_number(row, "land_ideal_mu"),
        land_max_mu=_number(row, "land_max_mu"),
        width_min_m=_number(row, "width_min_m"),
        frontage_min_m=_number(row, "frontage_min_m"),
        land_use_codes=split_list(_text(row, "land_use_codes")),
        utilities_needed=_listed(row, "utilities_needed"),
        facilities_max_km=_facilities(row),
        investment_yi_yuan=_number(row, "investment_yi_yuan"),
        output_wan_yuan=_number(row, "output_wan_yuan"),
        tax_wan_yuan=_number(row, "tax_wan_yuan"),
        far=_number(row, "far"),
        energy_tce=_number(row, "energy_tce"),
        emissions_t=_emissions(row),
        is_expansion=_flag(row, "is_expansion"),
        preferred_units=split_list(_text(row, "preferred_units")),
        excluded_units=split_list(_text(row, "excluded_units")),
        stage=_code(row, "stage"),
        start_planned_on=_day(row, "start_planned_on"),
        started_on=_day(row, "started_on"),
    )


def _missing(value: object) -> bool:
    if value is None or isinstance(value, Mapping):
        return value is None
    return bool(pd.isna(pd.Series([value], dtype=object)).iloc[0])


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    return None if _missing(value) else str(value).strip() or None


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if _missing(value) or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or isinstance(value, bool):
        raise PlanningError("demand_value_bad", column=key, value=str(value))
    return number


def _code(row: Mapping[str, Any], key: str) -> str | None:
    text = _text(row, key)
    if text is None:
        return None
    for code, words in FIELDS[key].values.items():
        if text in (code, *words):
            return code
    raise PlanningError("demand_value_bad", column=key, value=text)


def _listed(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    items = split_list(_text(row, key))
    return tuple(code for item in items if (code := _code({key: item}, key)) is not None)


def _flag(row: Mapping[str, Any], key: str) -> bool | None:
    value = row.get(key)
    if _missing(value):
        return None
    if value in (True, False):
        return bool(value)
    raise PlanningError("demand_value_bad", column=key, value=str(value))


def _day(row: Mapping[str, Any], key: str) -> str | None:
    text = _text(row, key)
    if text is None:
        return None
    try:
        return iso_day(text[:10])
    except PlanningError:
        raise PlanningError("demand_value_bad", column=key, value=text) from None


def _pairs(row: Mapping[str, Any], key: str) -> dict[str, float]:
    """Read names with amounts; what stands twice counts twice nowhere, and is refused."""
    value = row.get(key)
    if isinstance(value, Mapping):
        items = [(str(name), amount) for name, amount in value.items()]
    else:
        parts = [re.split(r"[:：]", item, maxsplit=1) for item in split_list(_text(row, key))]
        items = [(part[0].strip(), part[1] if len(part) == 2 else None) for part in parts]
    pairs: dict[str, float] = {}
    for name, amount in items:
        number = _number({key: amount}, key)
        if not name or number is None or name in pairs:
            raise PlanningError("demand_value_bad", column=key, value=name)
        pairs[name] = number
    return pairs


def _facilities(row: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    pairs = _pairs(row, "facilities_max_km")
    words = {word: code for code, both in FIELDS["facility_kind"].values.items() for word in both}
    coded = {words.get(name, name): km for name, km in pairs.items()}
    known_words("facility_kind", coded)
    return tuple(coded.items())


def _emissions(row: Mapping[str, Any]) -> tuple[tuple[str, float], ...] | None:
    """Read emissions by pollutant; an amount of 0 without a pollutant says that there are none."""
    pairs = _pairs(row, "emissions_t")
    amount, pollutant = _number(row, "emission_t"), _text(row, "pollutant")
    if amount is not None and pollutant is not None and pollutant not in pairs:
        pairs[pollutant] = amount
    return tuple(pairs.items()) if pairs or amount == 0 else None
