"""What a project asks of land, industry and services."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo.nearest import nearest_name
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, split_list
from platforms.errors import PlanningError

LARGEST_LAND_MU = 50_000.0
"""No site of more exists: the largest platforms have some 10 000 亩 to develop."""

INDUSTRY_CODE = re.compile(r"[A-Ta-t]?[0-9]{2,4}")
"""GB/T 4754: division, group or class, with or without the letter of its section."""


@dataclass(frozen=True)
class Demand:
    """A project in search of a place.

    Attributes
    ----------
    project_id, name
        Its number and name.
    category
        Category code, None where not stated.
    industry_code
        GB/T 4754 code of two to four digits, None where not stated.
    land_min_mu, land_ideal_mu, land_max_mu
        Least, ideal and most land [亩]; ideal and most are None where not stated.
    land_use_codes
        Land uses that fit; none given: those of its category.
    utilities_needed
        Utilities it cannot do without.
    investment_yi_yuan, output_wan_yuan, tax_wan_yuan, energy_tce
        Investment [亿元], yearly output and tax [万元], energy [吨标煤]; None where not stated.
    is_expansion
        True for a general expansion of capacity, None where not stated.
    excluded_units
        Units it must not go to.

    Raises
    ------
    PlanningError
        ``demand_land_out_of_range``, ``demand_land_order``, ``demand_value_bad`` for what is no
        industry code.
    """

    project_id: str
    name: str
    category: str | None
    industry_code: str | None
    land_min_mu: float
    land_ideal_mu: float | None = None
    land_max_mu: float | None = None
    land_use_codes: tuple[str, ...] = ()
    utilities_needed: tuple[str, ...] = ()
    investment_yi_yuan: float | None = None
    output_wan_yuan: float | None = None
    tax_wan_yuan: float | None = None
    energy_tce: float | None = None
    is_expansion: bool | None = None
    excluded_units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for land in (self.land_min_mu, self.land_ideal_mu, self.land_max_mu):
            if land is not None and not 0 < land <= LARGEST_LAND_MU:
                raise PlanningError(
                    "demand_land_out_of_range", project_id=self.project_id, land_mu=land,
                    most_mu=LARGEST_LAND_MU,
                )  # fmt: skip
        steps = [self.land_min_mu, self.land_ideal_mu, self.land_max_mu]
        stated = [land for land in steps if land is not None]
        if stated != sorted(stated):
            raise PlanningError("demand_land_order", project_id=self.project_id)
        if self.industry_code is not None and not INDUSTRY_CODE.fullmatch(self.industry_code):
            raise PlanningError(
                "demand_value_bad", column="industry_code", value=self.industry_code
            )

    @property
    def land_wanted_mu(self) -> float:
        """Land it would take of a large enough site [亩]: the ideal, else the least."""
        return self.land_ideal_mu if self.land_ideal_mu is not None else self.land_min_mu

    @property
    def per_mu_wan_yuan(self) -> dict[str, float | None]:
        """Promised per 亩 of the land wanted [万元/亩], by the 标准地 column it answers."""
        investment = self.investment_yi_yuan
        promised = {
            "investment_min_wan_yuan_per_mu": None if investment is None else investment * 10_000,
            "output_min_wan_yuan_per_mu": self.output_wan_yuan,
            "tax_min_wan_yuan_per_mu": self.tax_wan_yuan,
        }
        return {
            name: None if amount is None else amount / self.land_wanted_mu
            for name, amount in promised.items()
        }


def demand_of(row: Mapping[str, Any]) -> Demand:
    """Read a demand from a row of the project ledger or from a file.

    Parameters
    ----------
    row
        Column names of ``projects`` with their values; missing ones are unknown.

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
        land_min_mu=least,
        land_ideal_mu=_number(row, "land_ideal_mu"),
        land_max_mu=_number(row, "land_max_mu"),
        land_use_codes=split_list(_text(row, "land_use_codes")),
        utilities_needed=_listed(row, "utilities_needed"),
        investment_yi_yuan=_number(row, "investment_yi_yuan"),
        output_wan_yuan=_number(row, "output_wan_yuan"),
        tax_wan_yuan=_number(row, "tax_wan_yuan"),
        energy_tce=_number(row, "energy_tce"),
        is_expansion=_flag(row, "is_expansion"),
        excluded_units=split_list(_text(row, "excluded_units")),
    )


def _text(row: Mapping[str, Any], key: str) -> str | None:
    value = row.get(key)
    return None if value is None or pd.isna(value) else str(value).strip() or None


def _number(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None or pd.isna(value) or value == "":
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
    if value is None or pd.isna(value):
        return None
    if value in (True, False):
        return bool(value)
    raise PlanningError("demand_value_bad", column=key, value=str(value))
