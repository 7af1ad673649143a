"""What the figures per 亩 leave out, or count in a way worth knowing: row by row, never hidden."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN, By
from platforms.indicators.placing import placed_firms
from platforms.source import LayerSource

ISSUES = (
    "no_figures", "land_missing", "land_zero", "output_missing", "tax_missing",
    "scale_unknown", "below_scale", "no_place", "place_unknown", "across_borders",
    "place_differs", "not_on_record", "other_period", "period_missing",
)  # fmt: skip
"""What can be said of a row, in the order of the list."""

COLUMNS = (
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
    found = [
        frame[mask].assign(issue=issue, row_count=1) for issue, mask in issues.items() if mask.any()
    ]
    found.append(_other_periods(table, other, period))
    whole = pd.concat([one.reindex(columns=list(COLUMNS)) for one in found], ignore_index=True)
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
