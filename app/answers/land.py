"""The list of contiguous land (B3, B4), for pages, command line and export."""

import geopandas as gpd
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.land_lists import block_rows, listed, sheets, short_list, short_rows
from app.answers.land_search import LandFound
from app.context import Context
from app.messages import Catalogue
from geo.units import m2_to_mu
from platforms.land.blocks import SHORT_FROM, BlockQuery, counted_once_m2
from platforms.land.curve import ToleranceCurve
from platforms.land.description import DESCRIBED

SCREEN_COLUMNS = (
    "block_id", "unit_name", "area_mu", "net_area_mu", "min_width_m", "bridge_count",
    "parcel_count", "is_on_200_list",
)  # fmt: skip


TITLED = (
    "unit_name", *DESCRIBED, "bridge_count", "bounded_by", "bound_kind", "bound_code", "bound_id",
    "bound_name", "beside_m", "gap_width_m", "joining_gap_m", "over", "x_m", "y_m", "gap_m",
    "lost_mu", "alone_mu", "blocks_100", "area_mu_100", "blocks_200", "area_mu_200",
    "is_asked", "is_knee",
)  # fmt: skip


def block_answer(context: Context, query: BlockQuery, land: LandFound) -> Answer:
    """Answer ``blocks``: which contiguous land there is.

    Parameters
    ----------
    context
        Workspace, rules, language.
    query
        What counts as a block.
    land
        What ``block_list`` gives for it.

    Returns
    -------
    Answer
        JSON keys ``blocks`` (``by_unit``, ``bridges``, ``net_pieces_mu``, ``losses``
        inside),
        ``short_blocks`` (``bounded_by`` inside), ``totals``, ``unknown_state_count`` and, where
        asked for, ``curve`` and ``knee_gap_m``.
    """
    names = unit_names(context)
    words = context.words
    frame = listed(context, land, names)
    by_unit = land.blocks.by_unit.assign(unit_name=land.blocks.by_unit["unit_id"].map(names))
    on_reserve = frame[frame["is_on_200_list"]]
    short = short_list(context, land, names)
    totals = _totals(land, frame)
    result: dict[str, object] = {
        "blocks": block_rows(frame, by_unit, land),
        "short_blocks": short_rows(short, land, words),
        "totals": totals,
        "unknown_state_count": land.blocks.unknown_state_count,
    }
    if land.curve is not None:
        result["curve"] = land.curve.rows.to_dict("records")
        result["knee_gap_m"] = land.curve.knee_gap_m
    return Answer(
        title=words.text("title_blocks_net" if query.net else "title_blocks"),
        parameters=_parameters(query),
        result=result,
        sheets=sheets(context, query, land, frame, on_reserve, by_unit, short),
        titles=column_titles(words, TITLED),
        summary=_summary(context, query, totals, land),
        screen=pd.DataFrame(frame)[list(SCREEN_COLUMNS)],
    )


def _totals(land: LandFound, frame: gpd.GeoDataFrame) -> dict[str, float]:
    """Count blocks and land; land in two blocks counts once."""
    once_mu = m2_to_mu(counted_once_m2(land.blocks.blocks))
    twice_mu = float(frame["area_mu"].sum()) - once_mu
    reserve = land.blocks.blocks[frame["is_on_200_list"].to_numpy(dtype=bool)]
    return {
        "blocks": len(frame),
        "area_mu": once_mu,
        "blocks_200": len(reserve),
        "area_mu_200": m2_to_mu(counted_once_m2(reserve)),
        "overlap_mu": twice_mu if twice_mu > 1e-6 else 0.0,
    }


def curve_lines(curve: ToleranceCurve, gap_m: float, words: Catalogue) -> tuple[str, ...]:
    """Say what the curve tells."""
    asked = curve.rows[curve.rows["gap_m"].eq(gap_m)].iloc[0]
    lines = [
        words.text(
            "summary_curve", gap_m=gap_m, blocks=int(asked["blocks_100"]),
            area_mu=float(asked["area_mu_100"]),
            most_mu=float(curve.rows["area_mu_100"].iloc[-1]),
        )
    ]  # fmt: skip
    if curve.knee_gap_m is not None:
        lines.append(words.text("summary_knee", knee_gap_m=curve.knee_gap_m))
    return tuple(lines)


def unit_names(context: Context) -> dict[str, str]:
    """Give the name of each unit, its number where it has none."""
    units = context.source.read("units")
    return dict(zip(units["unit_id"], units["name"].fillna(units["unit_id"]), strict=True))


def _parameters(query: BlockQuery) -> dict[str, object]:
    return {
        "min_mu": query.min_mu, "gap_m": query.gap_m, "min_edge_m": query.min_edge_m,
        "bridge_width_m": query.bridge_width_m, "min_neck_m": query.min_neck_m,
        "states": list(query.states), "net": query.net, "unit_id": query.unit_id,
    }  # fmt: skip


def _summary(
    context: Context,
    query: BlockQuery,
    totals: dict[str, float],
    land: LandFound,
) -> tuple[str, ...]:
    words = context.words
    lines = [
        words.text(
            "summary_blocks", count=int(totals["blocks"]), min_mu=query.min_mu,
            area_mu=totals["area_mu"], reserve=int(totals["blocks_200"]),
            reserve_mu=totals["area_mu_200"], gap_m=query.gap_m, min_edge_m=query.min_edge_m,
        )
    ]  # fmt: skip
    if totals["overlap_mu"]:
        lines.append(words.text("summary_overlap", overlap_mu=totals["overlap_mu"]))
    if len(land.blocks.short):
        lines.append(
            words.text(
                "summary_short_blocks", count=len(land.blocks.short),
                from_mu=query.min_mu * SHORT_FROM, min_mu=query.min_mu,
            )
        )  # fmt: skip
    if land.blocks.unknown_state_count and "unknown" not in query.states:
        lines.append(words.text("summary_unknown_state", count=land.blocks.unknown_state_count))
    if land.curve is not None:
        lines += curve_lines(land.curve, query.gap_m, words)
    return tuple(lines)
