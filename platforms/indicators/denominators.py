"""Other denominators; what is left out."""

from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.units import compare
from platforms.elements.allotments import newest_edition
from platforms.errors import PlanningError
from platforms.indicators.land_use import Places, land_balance, outline_area_mu, places_of
from platforms.indicators.per_mu import FIGURES as PER_MU_FIGURES
from platforms.indicators.per_mu import (
    WAN_YUAN_PER_YI_YUAN,
    By,
    firm_parts,
    per_mu,
    placed_firms,
    quadrant_of,
    ranks_with_ties,
)
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, say
from platforms.source import LayerSource

Basis = Literal["above_scale", "approved", "managed", "supplied", "built", "registered"]

DEFAULT_BASIS: Basis = "above_scale"

BASES_OF: dict[By, tuple[Basis, ...]] = {
    "platform": get_args(Basis),
    "park": ("above_scale", "managed", "supplied", "built", "registered"),
    "unit": ("above_scale", "supplied", "built", "registered"),
    "enterprise": ("above_scale",),
}
"""Bases that make sense: only platforms are approved; a unit's outline is no industrial land."""


@dataclass(frozen=True)
class Denominators:
    """Figures per 亩 under each basis.

    ``rows``: One row a place and basis: the key (``platform_id`` ...), ``name``, ``unit_id``,
      ``period``, ``land_basis``, ``land_mu`` and ``tax_land_mu`` [亩] (which differ for firms
        only),
      ``land_open_mu`` [亩] (what may come to it); ``output_wan_yuan``, ``tax_wan_yuan`` [万元],
      ``*_wan_yuan_per_mu`` [万元/亩], ``*_low_wan_yuan_per_mu`` (with the open land), ``rank``,
      ``tax_rank``, ``quadrant``.
    ``reasons``: What is to be said of each row, in its order.
    ``changes``: Places whose place by output or tax differs from that under the default basis,
      ranked among those with a figure under both (``compared_count``): key, ``name``,
      ``land_basis``, ``figure``, ``default_rank``, ``rank``, ``rank_change`` (positive: climbs).
    ``balance``: The ``land_balance`` of the places, None for enterprises.
    """

    rows: pd.DataFrame
    reasons: tuple[tuple[Statement, ...], ...]
    changes: pd.DataFrame
    balance: pd.DataFrame | None


Land = dict[Basis, tuple[pd.Series, pd.Series, dict[str, list[Statement]]]]
"""Land and open land [亩] by id, and what is to be said of an id."""


def denominators(
    by: By, period: str, source: LayerSource, policy: PolicySet, crs: CRS
) -> Denominators:
    """Compute output and tax per 亩 under every basis that makes sense.

    Parameters
    ----------
    by, period
        As ``per_mu`` takes them.
    source
        Gives the layers.
    policy
        Rules on the as-of date; its assumption ``land_balance`` says which states are supplied.
    crs
        Projected system in metres.

    Returns
    -------
    Denominators
        Bases side by side. Figures of units and parks are, under a basis of land on record, the
        sums over above-scale firms with the figure; under ``above_scale`` over those that have
        land too. A rank is by the figure over the land that is certain.

    Raises
    ------
    PlanningError
        What ``per_mu`` raises.

    Notes
    -----
    A8, A9 嘉政发〔2018〕15号 一（资源配置更加高效）; S3. Where a supplied parcel has no declared
    area, registered land is no figure: the sum would make the yield look higher than it is.
    """
    default = per_mu(by, period, source, policy)
    key = f"{by}_id"
    default = default[default[key].notna()].reset_index(drop=True)
    frames = [_default_rows(default)]
    by_frame: list[dict[str, list[Statement]]] = [_firms_say(by, period, default, source)]
    balance = None
    if by != "enterprise":
        places = places_of(by, source)
        parcels = gpd.GeoDataFrame(source.read("land_parcels"))
        balance = land_balance(places, parcels, policy, crs)
        figures, partial = _figures(by, period, default, source)
        for basis, (land, open_land, reasons) in _land(
            by, places, balance, source, policy, crs
        ).items():
            frames.append(_rows(default, key, basis, land, open_land, figures))
            by_frame.append(_joined(partial, reasons))
    rows, reasons_of = [], []
    for frame, statements in zip(frames, by_frame, strict=True):
        rows.append(_ranked(frame, key, policy))
        reasons_of += [tuple(statements.get(str(name), ())) for name in frame[key]]
    whole = pd.concat(rows, ignore_index=True)
    return Denominators(whole, tuple(reasons_of), _changes(whole, key), balance)


def check_basis(by: By, basis: str) -> Basis:
    """Hold a basis against those that make sense (``basis_unfit``)."""
    if basis not in BASES_OF[by]:
        raise PlanningError("basis_unfit", basis=basis, by=by, known=", ".join(BASES_OF[by]))
    return basis


def _default_rows(default: pd.DataFrame) -> pd.DataFrame:
    rows = default.assign(
        land_basis=DEFAULT_BASIS, land_mu=default["output_land_mu"], land_open_mu=0.0
    )
    for figure in PER_MU_FIGURES:
        rows[f"{figure}_low_wan_yuan_per_mu"] = rows[f"{figure}_wan_yuan_per_mu"]
    return rows


def _firms_say(
    by: By, period: str, default: pd.DataFrame, source: LayerSource
) -> dict[str, list[Statement]]:
    """Hold the land a platform states against that of its firms, to be reconciled."""
    if by != "platform" or "Q" in period:
        return {}
    firms = pd.DataFrame(source.read("enterprises"))[
        ["enterprise_id", "platform_id", "is_above_scale"]
    ]
    rows = source.read("enterprise_indicators")
    rows = rows[(rows["year"] == int(period)).fillna(value=False)]
    large = firms[firms["is_above_scale"].astype("boolean").fillna(value=False)]
    merged = large.merge(rows[["enterprise_id", "land_in_use_mu"]], on="enterprise_id", how="left")
    groups = merged.groupby("platform_id")["land_in_use_mu"]
    table = groups.agg(["sum", "count", "size"])
    area_mu = default.set_index("platform_id")["output_land_mu"]
    return {
        str(name): [
            say(
                "denominator_firms", stated_mu=float(area_mu.get(name, np.nan)),
                firms_mu=float(row["sum"]), count=int(row["count"]),
                missing=int(row["size"] - row["count"]),
            )
        ]
        for name, row in table.iterrows()
    }  # fmt: skip


def _figures(
    by: By, period: str, default: pd.DataFrame, source: LayerSource
) -> tuple[pd.DataFrame, dict[str, list[Statement]]]:
    """Give the figures that stand over land on record, and of which places some are missing."""
    key = f"{by}_id"
    names = [f"{figure}_wan_yuan" for figure in PER_MU_FIGURES]
    if by == "platform":
        return default.set_index(key)[names], {}
    parts = firm_parts(by, period, source)
    known = parts["is_above_scale"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    values = parts[names].mul(parts["part_share"], axis=0)
    values[~known] = np.nan
    groups = values.assign(**{key: parts[key]}).groupby(key)
    gone = values.isna().any(axis=1).groupby(parts[key]).sum()
    partial = {
        str(name): [say("denominator_figures_partial", count=int(count))]
        for name, count in gone.items()
        if count
    }
    return groups[names].sum(min_count=1), partial


def _land(
    by: By, places: Places, balance: pd.DataFrame, source: LayerSource, policy: PolicySet, crs: CRS
) -> Land:
    """Give the land under each basis on record."""
    by_basis: Land = {}
    nothing = pd.Series(0.0, index=balance.index)
    empty = balance.index[balance["parcel_count"] == 0]
    bare = {str(name): [say("denominator_no_parcels")] for name in empty}
    if "approved" in BASES_OF[by]:
        area, reasons = _approved(source, policy)
        by_basis["approved"] = (area, nothing, reasons)
    if "managed" in BASES_OF[by]:
        area = pd.Series(outline_area_mu(places, crs), index=balance.index)
        by_basis["managed"] = (area.where(area > 0), nothing, _schematic(by, source))
    kinds: tuple[Basis, Basis] = ("supplied", "built")
    for basis in kinds:
        open_land = balance[f"{basis}_open_mu"]
        unclear = {
            str(name): [say("denominator_open", area_mu=float(area))]
            for name, area in open_land.items()
            if area > 0
        }
        by_basis[basis] = (balance[f"{basis}_mu"], open_land, {**unclear, **bare})
    missing = balance["registered_missing_mu"]
    lacking = {
        str(name): [
            say(
                "denominator_unregistered", count=len(ids), area_mu=float(area),
                known_mu=float(known),
            )
        ]
        for name, area, known, ids in zip(
            balance.index, missing, balance["registered_mu"], balance["unregistered_ids"],
            strict=True,
        )
        if area > 0
    }  # fmt: skip
    registered = balance["registered_mu"].where(~(missing > 0))
    by_basis["registered"] = (registered, balance["supplied_open_mu"], {**lacking, **bare})
    return by_basis


def _approved(
    source: LayerSource, policy: PolicySet
) -> tuple[pd.Series, dict[str, list[Statement]]]:
    """Give the approved area of the platform, else of its blocks where all of them state one."""
    platforms = pd.DataFrame(source.read("major_platforms")).set_index("platform_id")
    blocks = newest_edition(gpd.GeoDataFrame(source.read("approved_boundaries")), policy.as_of)
    groups = pd.DataFrame(blocks).groupby("platform_id")["approved_area_mu"]
    of_blocks = groups.sum().where(groups.count() == groups.size()).reindex(platforms.index)
    area_mu = platforms["approved_area_mu"].astype("float64")
    reasons = {
        str(name): [
            say(
                "denominator_approved_differs",
                stated_mu=float(listed_mu),
                blocks_mu=float(drawn_mu),
            )
        ]
        for name, listed_mu, drawn_mu in zip(platforms.index, area_mu, of_blocks, strict=True)
        if not (np.isnan(listed_mu) or np.isnan(drawn_mu))
        and compare(float(listed_mu), float(drawn_mu)) != 0
    }
    area = area_mu.fillna(of_blocks)
    for name in area.index[area.isna()]:
        reasons[str(name)] = [say("denominator_approved_missing")]
    return area, reasons


def _schematic(by: By, source: LayerSource) -> dict[str, list[Statement]]:
    """Say which outlines only show where a platform lies."""
    if by != "platform":
        return {}
    platforms = pd.DataFrame(source.read("major_platforms"))
    loose = platforms["boundary_kind"].isna() | platforms["boundary_kind"].eq("schematic")
    return {str(name): [say("outline_schematic")] for name in platforms["platform_id"][loose]}


def _joined(
    first: dict[str, list[Statement]], second: dict[str, list[Statement]]
) -> dict[str, list[Statement]]:
    return {name: [*first.get(name, []), *second.get(name, [])] for name in {*first, *second}}


def _rows(
    default: pd.DataFrame, key: str, basis: Basis, land: pd.Series, open_land: pd.Series,
    figures: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    about = list(dict.fromkeys((key, "name", "unit_id", "period")))
    rows = default[about].assign(land_basis=basis)
    ids = rows[key]
    rows["land_mu"] = ids.map(land).astype("float64")
    rows["tax_land_mu"] = rows["land_mu"]
    rows["land_open_mu"] = ids.map(open_land).astype("float64")
    for figure in PER_MU_FIGURES:
        values = ids.map(figures[f"{figure}_wan_yuan"]).astype("float64")
        rows[f"{figure}_wan_yuan"] = values
        rows[f"{figure}_wan_yuan_per_mu"] = _over(values, rows["land_mu"])
        rows[f"{figure}_low_wan_yuan_per_mu"] = _over(
            values, rows["land_mu"] + rows["land_open_mu"].fillna(0.0)
        )
    return rows


def _over(values: pd.Series, land: pd.Series) -> pd.Series:
    """Divide; without land there is no ratio."""
    return values / land.where(land > 0)


COLUMNS = (
    "name", "unit_id", "period", "land_basis", "land_mu", "tax_land_mu", "land_open_mu",
    *(f"{figure}_{what}" for figure in PER_MU_FIGURES
      for what in ("wan_yuan", "wan_yuan_per_mu", "low_wan_yuan_per_mu")),
)  # fmt: skip


def _ranked(frame: pd.DataFrame, key: str, policy: PolicySet) -> pd.DataFrame:
    rows = frame[list(dict.fromkeys((key, *COLUMNS)))]
    output, tax = rows["output_wan_yuan_per_mu"], rows["tax_wan_yuan_per_mu"]
    quadrants = [quadrant_of(o, t, policy) for o, t in zip(output, tax, strict=True)]
    return rows.assign(
        rank=ranks_with_ties(output),
        tax_rank=ranks_with_ties(tax),
        quadrant=pd.Series(np.array(quadrants, dtype=object), index=rows.index, dtype="str"),
    )


def _changes(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """List who stands at another place, among those that have a figure under both bases."""
    changes = []
    for figure in PER_MU_FIGURES:
        table = rows.pivot(index=key, columns="land_basis", values=f"{figure}_wan_yuan_per_mu")
        for basis in [name for name in get_args(Basis) if name in table and name != DEFAULT_BASIS]:
            both = table[[DEFAULT_BASIS, basis]].dropna()
            ranks = pd.DataFrame(
                {
                    "default_rank": ranks_with_ties(both[DEFAULT_BASIS]),
                    "rank": ranks_with_ties(both[basis]),
                }
            )
            change = (ranks["default_rank"] - ranks["rank"]).astype("Int64")
            moved = ranks.assign(rank_change=change, compared_count=len(both))[change != 0]
            changes.append(moved.assign(land_basis=basis, figure=figure).sort_values("rank"))
    columns = [key, "name", "land_basis", "figure", "default_rank", "rank", "rank_change",
               "compared_count"]  # fmt: skip
    if not changes:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(changes).rename_axis(key).reset_index()
    names = rows.drop_duplicates(key).set_index(key)["name"]
    return whole.assign(name=whole[key].map(names))[columns]


ISSUES = (
    "no_figures", "land_missing", "land_zero", "output_missing", "tax_missing",
    "scale_unknown", "below_scale", "no_place", "place_unknown", "across_borders",
    "place_differs", "not_on_record", "other_period", "period_missing",
)  # fmt: skip
"""What can be said of a row, in the order of the list."""

GAP_COLUMNS = (
    "issue", "row_id", "name", "unit_id", "period", "place_ids", "row_count", "output_wan_yuan",
    "tax_wan_yuan", "land_mu",
)  # fmt: skip
FIGURES = ("output_wan_yuan", "tax_wan_yuan", "land_mu")


def indicator_gaps(by: By, period: str, source: LayerSource) -> pd.DataFrame:
    """List what stands beside the figures per 亩.

    Parameters
    ----------
    by
        What the figures are grouped by.
    period
        Their period, as ``per_mu`` takes it.
    source
        Gives the layers.

    Returns
    -------
    DataFrame
        ``issue`` (one of ``ISSUES``), ``row_id`` (enterprise or platform), ``name``, ``unit_id``,
        ``period``, ``place_ids`` (where it lies, with the share by area), ``row_count`` (1, or the
        rows of one other period), ``output_wan_yuan``, ``tax_wan_yuan`` [万元] and ``land_mu``
        [亩] of the row. One row may have several issues. A tenant has land 0: ``land_zero``.
    """
    if by == "platform":
        frame, other = _platforms(period, source), "period"
        issues = _figure_issues(frame)
        table = source.read("platform_indicators")
    else:
        frame, other = _firms(by, period, source), "year"
        issues = {**_figure_issues(frame), **_firm_issues(frame, by, source)}
        table = source.read("enterprise_indicators")
    tables = [
        frame[mask].assign(issue=issue, row_count=1) for issue, mask in issues.items() if mask.any()
    ]
    tables.append(_other_periods(table, other, period))
    whole = pd.concat(
        [part.reindex(columns=list(GAP_COLUMNS)) for part in tables], ignore_index=True
    )
    order = whole["issue"].map(ISSUES.index)
    whole = whole.assign(order=order).sort_values(["order", "row_id"], ignore_index=True)
    return whole.drop(columns="order").astype({"row_count": "Int64"})


def gap_totals(gaps: pd.DataFrame) -> pd.DataFrame:
    """Count what ``indicator_gaps`` lists.

    Parameters
    ----------
    gaps
        What it gives.

    Returns
    -------
    DataFrame
        ``issue``, ``row_count``, and the sums of ``output_wan_yuan``, ``tax_wan_yuan`` [万元] and
        ``land_mu`` [亩] known of these rows; missing where none is known. Issues overlap, so
        their sums do not add up.
    """
    groups = gaps.groupby("issue", sort=False)
    sums = groups[list(FIGURES)].sum(min_count=1)
    return groups["row_count"].sum().to_frame().join(sums).reset_index()


def _platforms(period: str, source: LayerSource) -> pd.DataFrame:
    about = pd.DataFrame(source.read("major_platforms"))[["platform_id", "name", "unit_id"]]
    rows = source.read("platform_indicators")
    rows = rows[rows["period"] == period].assign(has_figures=True)
    wanted = ["platform_id", "output_yi_yuan", "tax_yi_yuan", "above_scale_land_mu", "has_figures"]
    frame = about.assign(on_record=True).merge(rows[wanted], on="platform_id", how="outer")
    return frame.assign(
        row_id=frame["platform_id"],
        period=period,
        output_wan_yuan=frame["output_yi_yuan"] * WAN_YUAN_PER_YI_YUAN,
        tax_wan_yuan=frame["tax_yi_yuan"] * WAN_YUAN_PER_YI_YUAN,
        land_mu=frame["above_scale_land_mu"],
    )


def _firms(by: By, period: str, source: LayerSource) -> pd.DataFrame:
    about = pd.DataFrame(source.read("enterprises"))
    about = about[["enterprise_id", "name", "unit_id", "park_id", "is_above_scale"]]
    rows = source.read("enterprise_indicators")
    rows = rows[(rows["year"] == int(period)).fillna(value=False)].assign(has_figures=True)
    wanted = ["enterprise_id", "output_wan_yuan", "tax_wan_yuan", "land_in_use_mu", "has_figures"]
    frame = about.assign(on_record=True).merge(rows[wanted], on="enterprise_id", how="outer")
    return frame.rename(columns={"land_in_use_mu": "land_mu"}).assign(
        row_id=frame["enterprise_id"], period=period
    )


def _figure_issues(frame: pd.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    """Say which rows lack a figure."""
    has_row = _true(frame["has_figures"])
    land = frame["land_mu"].to_numpy(dtype=float)
    return {
        "no_figures": ~has_row,
        "land_missing": has_row & np.isnan(land),
        "land_zero": has_row & (land <= 0),
        "output_missing": has_row & frame["output_wan_yuan"].isna().to_numpy(),
        "tax_missing": has_row & frame["tax_wan_yuan"].isna().to_numpy(),
        "not_on_record": ~_true(frame["on_record"]),
    }


def _firm_issues(
    frame: pd.DataFrame, by: By, source: LayerSource
) -> dict[str, npt.NDArray[np.bool_]]:
    """Say which firms are left out for their size, and where their land lies."""
    if by == "enterprise":
        return {}
    on_record = _true(frame["on_record"])
    size = frame["is_above_scale"].astype("boolean")
    key = f"{by}_id"
    parts = placed_firms(by, source)
    known = source.read(f"{by}s")[key]
    parts = parts.assign(
        place=[
            f"{place if isinstance(place, str) else '–'} {share:.2%}"
            for place, share in zip(parts[key], parts["part_share"], strict=True)
        ],
        differs=parts["is_by_area"]
        & parts["stated_id"].notna()
        & (parts[key] != parts["stated_id"]),
        nowhere=parts[key].isna(),
        strange=parts[key].notna() & ~parts[key].isin(known),
    )
    groups = parts.groupby("enterprise_id")
    several = groups.size() > 1
    ids = frame["enterprise_id"]
    places = groups["place"].agg(";".join)
    frame["place_ids"] = ids.map(places.where(several | groups["differs"].any()))
    return {
        "scale_unknown": on_record & size.isna().to_numpy(dtype=bool),
        "below_scale": _true(~size),
        "no_place": _true(ids.map(groups["nowhere"].all())),
        "place_unknown": _true(ids.map(groups["strange"].any())),
        "across_borders": _true(ids.map(several)),
        "place_differs": _true(ids.map(groups["differs"].all())),
    }


def _other_periods(table: pd.DataFrame, column: str, period: str) -> pd.DataFrame:
    """Count the rows of each other period: they are on record and not part of any figure."""
    periods = table[column].astype("str").where(table[column].notna())
    counts = periods[periods != period].value_counts().sort_index()
    other = pd.DataFrame(
        {"issue": "other_period", "period": list(counts.index), "row_count": counts.to_numpy()}
    )
    unknown = int(periods.isna().sum())
    if unknown:
        other.loc[len(other)] = {"issue": "period_missing", "period": None, "row_count": unknown}
    return other


def _true(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Take what isn't known as not so."""
    return values.astype("boolean").fillna(value=False).to_numpy(dtype=bool)
