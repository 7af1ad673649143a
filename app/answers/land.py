"""The list of contiguous land (B3, B4), for pages, command line and export."""

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.answer import Answer, column_titles
from app.context import Context
from geo.units import compare
from layers.exchange.sheet import Sheet
from platforms.land.blocks import BlockList, BlockQuery, find_blocks
from platforms.matching.sites import land_layers

BLOCK_COLUMNS = (
    "block_id", "unit_id", "unit_name", "area_mu", "planar_area_mu", "declared_area_mu",
    "parcel_count", "is_on_200_list", "parcel_ids",
)  # fmt: skip

SCREEN_COLUMNS = (
    "block_id", "unit_name", "area_mu", "planar_area_mu", "declared_area_mu", "parcel_count",
    "is_on_200_list",
)  # fmt: skip


def block_list(context: Context, query: BlockQuery) -> BlockList:
    """Find the blocks."""
    return find_blocks(land_layers(context.source), query)


def block_answer(context: Context, query: BlockQuery, found: BlockList) -> Answer:
    """Answer ``blocks``: which contiguous land there is.

    Parameters
    ----------
    context
        Workspace, rules, language.
    query
        What counts as a block.
    found
        What ``block_list`` gives for it.

    Returns
    -------
    Answer
        JSON keys ``blocks`` (``by_unit`` inside), ``totals``, ``unknown_state_count``.
    """
    names = unit_names(context)
    reserve_mu = context.policy.rule("B4").rule.number
    listed = found.blocks.assign(
        unit_name=found.blocks["unit_id"].map(names),
        is_on_200_list=np.array(
            [compare(mu, reserve_mu) >= 0 for mu in found.blocks["area_mu"]], dtype=bool
        ),
    )
    frame = gpd.GeoDataFrame(listed[[*BLOCK_COLUMNS, "geometry"]], crs=context.crs)
    by_unit = found.by_unit.assign(unit_name=found.by_unit["unit_id"].map(names))
    on_reserve = frame[frame["is_on_200_list"]]
    words = context.words
    return Answer(
        title=words.text("title_blocks_net" if query.net else "title_blocks"),
        parameters=_parameters(query),
        result={
            "blocks": _rows(frame, by_unit),
            "totals": {
                "blocks": len(frame),
                "area_mu": float(frame["area_mu"].sum()),
                "blocks_200": len(on_reserve),
                "area_mu_200": float(on_reserve["area_mu"].sum()),
            },
            "unknown_state_count": found.unknown_state_count,
        },
        sheets=(
            _sheet(words.text("sheet_blocks"), frame),
            _sheet(words.text("sheet_blocks_200"), on_reserve),
            _sheet(
                words.text("sheet_by_unit"),
                by_unit[["unit_id", "unit_name", "block_id", "area_mu"]],
            ),
        ),
        titles=column_titles(words, ("unit_name",)),
        summary=_summary(context, query, frame, on_reserve, found),
        screen=pd.DataFrame(frame)[list(SCREEN_COLUMNS)],
    )


def unit_names(context: Context) -> dict[str, str]:
    """Give the name of each unit."""
    units = context.source.read("units")
    return dict(zip(units["unit_id"], units["name"], strict=True))


def _sheet(name: str, frame: pd.DataFrame) -> Sheet:
    return Sheet(name, frame, ("area_mu",))


def _parameters(query: BlockQuery) -> dict[str, object]:
    return {
        "min_mu": query.min_mu, "gap_m": query.gap_m, "min_edge_m": query.min_edge_m,
        "states": list(query.states), "net": query.net, "unit_id": query.unit_id,
    }  # fmt: skip


def _rows(frame: gpd.GeoDataFrame, by_unit: pd.DataFrame) -> list[dict[str, object]]:
    shares: dict[str, list[dict[str, object]]] = {}
    for block_id, unit_id, area_mu in by_unit[["block_id", "unit_id", "area_mu"]].itertuples(
        index=False
    ):
        shares.setdefault(block_id, []).append({"unit_id": unit_id, "area_mu": area_mu})
    rows = []
    for row in pd.DataFrame(frame).drop(columns="geometry").to_dict("records"):
        plain = {
            str(k): None if not isinstance(v, list) and pd.isna(v) else v for k, v in row.items()
        }
        rows.append({**plain, "by_unit": shares.get(str(row["block_id"]), [])})
    return rows


def _summary(
    context: Context,
    query: BlockQuery,
    frame: gpd.GeoDataFrame,
    reserve: gpd.GeoDataFrame,
    found: BlockList,
) -> tuple[str, ...]:
    words = context.words
    lines = [
        words.text(
            "summary_blocks", count=len(frame), min_mu=query.min_mu,
            area_mu=float(frame["area_mu"].sum()), reserve=len(reserve),
            reserve_mu=float(reserve["area_mu"].sum()), gap_m=query.gap_m,
            min_edge_m=query.min_edge_m,
        )
    ]  # fmt: skip
    if found.unknown_state_count and "unknown" not in query.states:
        lines.append(words.text("summary_unknown_state", count=found.unknown_state_count))
    return tuple(lines)
