"""What projects promised for their land against what their firms reached (后评估, A21)."""

from dataclasses import dataclass

import pandas as pd

from geo.units import compare
from layers.fields import split_list
from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN
from platforms.ledger.counting import read_ledger
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource

FIGURES = {
    "investment": ("investment_yi_yuan", "investment_wan_yuan", "万元"),
    "output": ("output_wan_yuan", "output_wan_yuan", "万元"),
    "tax": ("tax_wan_yuan", "tax_wan_yuan", "万元"),
    "energy": ("energy_tce", "energy_tce", "吨标煤"),
}
"""Of each figure the column of the promise, that of the firm, and the unit."""

FLOORS = {
    "investment": "investment_min_wan_yuan_per_mu",
    "output": "output_min_wan_yuan_per_mu",
    "tax": "tax_min_wan_yuan_per_mu",
}
"""What the parcel asks for per 亩 (标准地)."""

COLUMNS = (
    "project_id", "name", "unit_id", "enterprise_id", "allotment_ids", "started_on",
    "years_since_start", "figure", "promised_by", "promised", "actual", "unit", "ratio",
    "outcome", "missing",
)  # fmt: skip


@dataclass(frozen=True)
class _Site:
    """The land of a project and what its parcels ask for."""

    allotment_ids: tuple[str, ...]
    land_mu: float | None
    floors: dict[str, float | None]


EVALUATED = "post_evaluation"
"""The assumption that names the figures; a pack without it evaluates nothing."""


def post_evaluation(source: LayerSource, policy: PolicySet, year: int) -> pd.DataFrame:
    """Hold what was promised against what was reached, project by project.

    Parameters
    ----------
    source
        Gives projects, their events, allotments, parcels, enterprises and their indicators.
    policy
        Rules on the as-of date; its assumption ``post_evaluation`` names the figures.
    year
        Year of the firms' figures.

    Returns
    -------
    DataFrame
        For each project started by the end of the year one row a figure and basis
        (``promised_by``): ``project`` the project's own figure, ``project_per_mu`` the same over
        its allotted land, ``standard_land`` what its parcels ask for per 亩. ``promised`` and
        ``actual`` [unit], ``ratio`` actual ÷ promised, ``outcome`` (``reached``, ``short``,
        ``no_data``; of energy less is better), ``missing`` what is lacking, ``years_since_start``
        the year after the start (1 = the first full year). The actual per 亩 stands over the
        land the firm has in use. A firm with several projects has no figure of its own for each.

    Notes
    -----
    A21 嘉政发〔2018〕15号 二（五）: 探索, so there is no verdict; assumption ``post_evaluation``.
    """
    if EVALUATED not in policy.pack.assumptions:
        return _frame_of([])
    wanted = policy.setting_texts(EVALUATED, "indicators")
    ledger = read_ledger(source, policy.as_of)
    days = ledger.first_day(("started",))
    until = min(f"{year}-12-31", policy.as_of)
    begun = (days.astype("object").fillna("9999") <= until).to_numpy(dtype=bool)
    projects = ledger.projects.assign(started=days)[begun]
    firms = pd.DataFrame(source.read("enterprises"))[["enterprise_id", "credit_code"]].dropna()
    of_year = source.read("enterprise_indicators")
    of_year = of_year[of_year["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
    figures = of_year.drop_duplicates("enterprise_id").set_index("enterprise_id")
    shared = set(projects["credit_code"][projects["credit_code"].duplicated()].dropna())
    allotments = _land_of(source, policy.as_of)
    parcels = pd.DataFrame(source.read("land_parcels")).set_index("parcel_id")
    rows: list[dict[str, object]] = []
    for _, project in projects.iterrows():
        mine = firms["enterprise_id"][firms["credit_code"] == project["credit_code"]]
        firm = str(mine.iloc[0]) if len(mine) == 1 else None
        lacking = _why_no_firm(project, len(mine), firm, shared, figures)
        of_firm = None if firm is None or lacking else figures.loc[[firm]].iloc[0]
        site = _site(project, allotments, parcels)
        start = int(str(project["started"])[:4])
        head = {
            "project_id": project["project_id"], "name": project["name"],
            "unit_id": project["unit_id"], "enterprise_id": firm,
            "allotment_ids": ";".join(site.allotment_ids), "started_on": project["started"],
            "years_since_start": year - start,
        }  # fmt: skip
        for figure in wanted:
            rows += [{**head, **row} for row in _rows(figure, project, of_firm, site, lacking)]
    return _frame_of(rows)


def _frame_of(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"promised": "float64", "actual": "float64", "ratio": "float64"})


def _rows(
    figure: str, project: pd.Series, firm: pd.Series | None, site: _Site, lacking: str
) -> list[dict[str, object]]:
    promise_column, actual_column, unit = FIGURES[figure]
    promised = _number(project[promise_column])
    if promised is not None and promise_column.endswith("_yi_yuan"):
        promised *= WAN_YUAN_PER_YI_YUAN
    actual = None if firm is None else _number(firm.get(actual_column))
    land = None if firm is None else _number(firm["land_in_use_mu"])
    per_mu = actual / land if actual is not None and land else None
    promised_per_mu = promised / site.land_mu if promised is not None and site.land_mu else None
    cases = [("project", promised, actual, unit), ("project_per_mu", promised_per_mu, per_mu,
                                                   f"{unit}/亩")]  # fmt: skip
    if figure in FLOORS:
        cases.append(("standard_land", site.floors[figure], per_mu, f"{unit}/亩"))
    return [
        {"figure": figure, "promised_by": basis, "promised": wanted, "actual": reached,
         "unit": measure, **_compared(figure, basis, wanted, reached, lacking)}
        for basis, wanted, reached, measure in cases
    ]  # fmt: skip


def _compared(
    figure: str, basis: str, promised: float | None, actual: float | None, lacking: str
) -> dict[str, object]:
    """Compare the two; without both, or without a promise above zero, say what is missing."""
    missing = []
    if promised is None or promised <= 0:
        missing.append("promise" if basis != "standard_land" else "standard_land")
    if actual is None:
        missing.append(lacking or "actual")
    if promised is None or actual is None or missing:
        return {"ratio": None, "outcome": "no_data", "missing": ";".join(missing)}
    sign = compare(actual, promised)
    reached = sign <= 0 if figure == "energy" else sign >= 0
    return {"ratio": actual / promised, "outcome": "reached" if reached else "short", "missing": ""}


def _why_no_firm(
    project: pd.Series, matches: int, firm: str | None, shared: set[str], figures: pd.DataFrame
) -> str:
    """Say why a project has no figures of a firm, empty where it has."""
    if pd.isna(project["credit_code"]):
        return "credit_code"
    if matches != 1:
        return "enterprise"
    if project["credit_code"] in shared:
        return "several_projects"
    return "" if firm in figures.index else "indicators"


def _land_of(source: LayerSource, as_of: str) -> pd.DataFrame:
    """Give the land allotted to projects by the day."""
    allotments = pd.DataFrame(source.read("element_allotments"))
    is_land = allotments["element"].eq("land").fillna(value=False)
    is_allotted = allotments["allotment_status"].eq("allotted").fillna(value=False)
    by_day = allotments["allotted_on"].fillna("") <= as_of
    chosen = (is_land & is_allotted & by_day & allotments["project_id"].notna()).to_numpy(
        dtype=bool
    )
    return allotments.loc[chosen, ["allotment_id", "project_id", "land_mu"]]


def _site(project: pd.Series, allotments: pd.DataFrame, parcels: pd.DataFrame) -> _Site:
    mine = allotments[allotments["project_id"] == project["project_id"]]
    whole = len(mine) and mine["land_mu"].notna().all()
    land = float(mine["land_mu"].sum()) if whole else None
    parcel_ids = [
        parcel_id for parcel_id in split_list(project["parcel_ids"]) if parcel_id in parcels.index
    ]
    floors: dict[str, float | None] = {}
    for figure, column in FLOORS.items():
        asked = parcels.loc[parcel_ids, column].dropna().astype("float64")
        # Parcels that ask for different figures each want their own: the greatest covers all.
        floors[figure] = float(asked.max()) if len(asked) else None
    return _Site(tuple(map(str, mine["allotment_id"])), land, floors)


def _number(value: object) -> float | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return float(str(value))
