"""What a project asks."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo.tools import nearest_name
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, pollutant_name, split_list
from platforms.errors import PlanningError
from platforms.industries.codes import division
from platforms.policy.in_force import iso_day

INDUSTRY_CODE = re.compile(r"[A-Ta-t]?[0-9]{2,4}")
"""GB/T 4754: division, group or class, with or without the letter of its section."""

_LAST_DIVISIONS = {
    "GBT4754_2017": (
        "A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N79 O82 P83 Q85 R90 S96 T97"
    ),
    "GBT4754_2011": (
        "A05 B12 C43 D46 E50 F52 G60 H62 I65 J69 K70 L72 M75 N78 O81 P82 Q84 R89 S95 T96"
    ),
}
"""The last division of each section; sections follow each other without a gap."""


def _divisions(lasts: str) -> dict[str, str]:
    sections: dict[str, str] = {}
    number = 1
    for last in lasts.split():
        for division_number in range(number, int(last[1:]) + 1):
            sections[f"{division_number:02d}"] = last[0]
        number = int(last[1:]) + 1
    return sections


SECTIONS = {scheme: _divisions(lasts) for scheme, lasts in _LAST_DIVISIONS.items()}
"""The section of each two-digit division, by scheme."""

DEFAULT_SCHEME = "GBT4754_2017"


def check_industry(code: str, scheme: str | None) -> None:
    """Refuse a code that the classification doesn't hold.

    ``code``: ``C3982``, ``3982`` or ``39``.
    ``scheme``: Edition; None: that of 2017.

    Raises PlanningError: ``demand_value_bad`` for what is no code, ``demand_industry_unknown`` for
    a division that there is not, or that belongs to another section, with the nearest one.

    >>> check_industry("C3982", None)
    """
    if not INDUSTRY_CODE.fullmatch(code):
        raise PlanningError("demand_value_bad", column="industry_code", value=code)
    sections = SECTIONS[scheme or DEFAULT_SCHEME]
    number = division(code)
    letter = code[0].upper() if code[0].isalpha() else None
    if number in sections and letter in (None, sections[number]):
        return
    nearest = number if number in sections else nearest_name(number, sections)
    raise PlanningError(
        "demand_industry_unknown", code=code, nearest=f"{sections.get(nearest, '')}{nearest}"
    )


LARGEST_LAND_MU = 50_000.0
"""No site of more exists: the largest platforms have some 10 000 亩 to develop."""

BEGUN = ("started", "in_production")
"""Stages in which a project has its place."""


@dataclass(frozen=True)
class Demand:
    """A project in search of a place.

    ``project_id, name``: Its number and name.
    ``category``: Category code, None where not stated.
    ``industry_code, industry_scheme``: GB/T 4754 code of two to four digits and its edition
      (None: 2017), None where not stated.
    ``land_min_mu, land_ideal_mu, land_max_mu``: Least, ideal and most land [亩]; ideal and most
      are None where not stated.
    ``width_min_m, frontage_min_m``: Least width of the land (diameter of the largest inscribed
      circle) and least boundary along roads [m], None where it asks for none.
    ``land_use_codes``: Land uses that fit; none given: those of its category.
    ``utilities_needed``: Utilities it cannot do without.
    ``facilities_max_km``: Kinds of facility, each with the farthest it may be as the crow flies
      [km].
    ``investment_yi_yuan, output_wan_yuan, tax_wan_yuan``: Investment [亿元], yearly output and tax
      [万元]; None where not stated.
    ``far``: Floor-area ratio promised, None where not stated.
    ``energy_tce``: Energy a year [吨标煤], None where not stated.
    ``emissions_t``: Pollutants, each with its amount a year [t]; empty: it emits none; None where
      not stated.
    ``is_expansion``: True for a general expansion of capacity, None where not stated.
    ``preferred_units, excluded_units``: Units it would like to go to, and those it must not go
      to.
    ``stage, start_planned_on, started_on``: Stage, and the days (ISO) it is to start and did
      start; None where not stated.

    Raises
    ------
    PlanningError
        ``demand_land_out_of_range``, ``demand_land_order``, ``demand_amount_negative``,
        ``demand_word_unknown`` for a utility or kind of facility, ``demand_unit_both`` for a unit
        preferred and excluded at once, and those of ``check_industry``.
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
    preferred_units: tuple[str, ...] = ()
    industry_scheme: str | None = None
    width_min_m: float | None = None
    frontage_min_m: float | None = None
    far: float | None = None
    emissions_t: tuple[tuple[str, float], ...] | None = None
    facilities_max_km: tuple[tuple[str, float], ...] = ()
    stage: str | None = None
    start_planned_on: str | None = None
    started_on: str | None = None

    def __post_init__(self) -> None:
        self._check_land()
        self._check_amounts()
        known_words("utilities_needed", self.utilities_needed)
        known_words("facility_kind", (kind for kind, _ in self.facilities_max_km))
        for unit_id in self.preferred_units:
            if unit_id in self.excluded_units:
                raise PlanningError("demand_unit_both", project_id=self.project_id, unit_id=unit_id)
        if self.industry_code is not None:
            check_industry(self.industry_code, self.industry_scheme)

    def _check_land(self) -> None:
        steps = [self.land_min_mu, self.land_ideal_mu, self.land_max_mu]
        sizes_mu = [land for land in steps if land is not None]
        for land in sizes_mu:
            if not 0 < land <= LARGEST_LAND_MU:
                raise PlanningError(
                    "demand_land_out_of_range", project_id=self.project_id, land_mu=land,
                    most_mu=LARGEST_LAND_MU,
                )  # fmt: skip
        if sizes_mu != sorted(sizes_mu):
            raise PlanningError("demand_land_order", project_id=self.project_id)

    def _check_amounts(self) -> None:
        amounts = {
            name: getattr(self, name)
            for name in (
                "investment_yi_yuan", "output_wan_yuan", "energy_tce", "width_min_m",
                "frontage_min_m", "far",
            )
        }  # fmt: skip
        amounts |= {f"emissions_t:{name}": amount for name, amount in self.emissions_t or ()}
        amounts |= {f"facilities_max_km:{kind}": km for kind, km in self.facilities_max_km}
        for name, amount in amounts.items():
            if amount is not None and not 0 <= amount < math.inf:
                raise PlanningError(
                    "demand_amount_negative", project_id=self.project_id,
                    column=name.split(":")[0], value=amount,
                )  # fmt: skip

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


def known_words(column: str, codes: Iterable[str]) -> None:
    """Refuse codes that a column doesn't know (``demand_word_unknown``, the nearest named)."""
    known = FIELDS[column].values
    for code in codes:
        if code not in known:
            raise PlanningError(
                "demand_word_unknown", column=column, value=code, nearest=nearest_name(code, known)
            )


def check_units(demand: Demand, unit_ids: Iterable[str]) -> None:
    """Refuse units that there are not.

    ``unit_ids``: Ids of the layer ``units``; nothing can be said where it holds none.

    Raises PlanningError: ``demand_unit_unknown``, the nearest named.
    """
    known = [str(unit_id) for unit_id in unit_ids]
    for unit_id in (*demand.preferred_units, *demand.excluded_units):
        if known and unit_id not in known:
            raise PlanningError(
                "demand_unit_unknown", project_id=demand.project_id, unit_id=unit_id,
                nearest=nearest_name(unit_id, known),
            )  # fmt: skip


def has_started(demand: Demand, as_of: str) -> bool:
    """Return whether a project started on or before a day, by its date or else its stage.

    ``as_of``: The day (ISO).

    True where it has its place already.
    """
    day = demand.started_on
    return day <= as_of if day is not None else demand.stage in BEGUN


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
        items = [(part[0].strip(), part[1] if part[1:] else None) for part in parts]
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
    pairs: dict[str, float] = {}
    for name, amount_t in _pairs(row, "emissions_t").items():
        named = pollutant_name(name) or name
        if named in pairs:
            raise PlanningError("demand_value_bad", column="emissions_t", value=name)
        pairs[named] = amount_t
    amount, pollutant = _number(row, "emission_t"), pollutant_name(_text(row, "pollutant"))
    if amount is not None and pollutant is not None and pollutant not in pairs:
        pairs[pollutant] = amount
    return tuple(pairs.items()) if pairs or amount == 0 else None
