"""The lists of contiguous land: blocks, short blocks, bridges, net pieces, what is lost."""

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.land_search import LandFound
from app.context import Context
from app.messages import Catalogue
from geo.units import compare
from layers.exchange.sheet import Sheet
from platforms.land.blocks import BlockQuery
from platforms.land.curve import ToleranceCurve
from platforms.land.description import DESCRIBED
from platforms.land.query import lines_mu
from platforms.land.terrain import TERRAIN

BLOCK_COLUMNS = (
    "block_id", "unit_id", "unit_name", "area_mu", "planar_area_mu", "declared_area_mu",
    *DESCRIBED, *TERRAIN, "bridge_count", "parcel_count", "is_on_200_list", "parcel_ids",
)  # fmt: skip


PRINTED_BLOCKS = (
    "block_id", "unit_name", "area_mu", "net_area_mu", "min_width_m", "frontage_m",
    "slope_mean_pct", "flooded_share", "bridge_count", "parcel_count", "is_on_200_list",
)  # fmt: skip
PRINTED_SHORT = ("block_id", "unit_name", "area_mu", "bounded_by")


BOUND_FIELDS = {"barrier": "barrier_class", "parcel": "state", "constraint": "constraint_kind"}
"""Columns whose codes say what kind of thing bounds a block."""


NAMED_BOUNDS = 5
"""A sentence names this many bounds of a block, the longest; the list has them all."""


def listed(context: Context, land: LandFound, names: dict[str, str]) -> gpd.GeoDataFrame:
    """List the blocks with all there is to say of each."""
    _, reserve_mu = lines_mu(context.policy)
    blocks = pd.concat([land.blocks.blocks, land.described, land.terrain], axis=1)
    listed = blocks.assign(
        unit_name=blocks["unit_id"].map(names),
        bridge_count=blocks["block_id"].map(land.bridges["block_id"].value_counts())
        .fillna(0).astype("int64"),
        is_on_200_list=np.array(
            [compare(mu, reserve_mu) >= 0 for mu in blocks["area_mu"]], dtype=bool
        ),
    )  # fmt: skip
    return gpd.GeoDataFrame(listed[[*BLOCK_COLUMNS, "geometry"]], crs=context.crs)


def short_list(context: Context, land: LandFound, names: dict[str, str]) -> gpd.GeoDataFrame:
    """List the land short of the line, with what bounds it in words."""
    said = {
        block_id: context.words.joined(
            bound_text(row, context.words) for row in rows[:NAMED_BOUNDS]
        )
        for block_id, rows in _bounds_by_block(land).items()
    }
    frame = land.blocks.short.assign(
        unit_name=land.blocks.short["unit_id"].map(names),
        bounded_by=land.blocks.short["block_id"].map(said),
    )
    columns = ["block_id", "unit_id", "unit_name", "area_mu", "parcel_count", "bounded_by",
               "parcel_ids", "geometry"]  # fmt: skip
    return gpd.GeoDataFrame(frame[columns], crs=context.crs)


def _bounds_by_block(land: LandFound) -> dict[str, list[dict[str, object]]]:
    held: dict[str, list[dict[str, object]]] = {}
    for row in land.bounds.to_dict("records"):
        plain = {str(k): None if pd.isna(v) else v for k, v in row.items()}
        held.setdefault(str(plain.pop("block_id")), []).append(plain)
    return held


def bound_text(row: dict[str, object], words: Catalogue) -> str:
    """Say in words what bounds a block on one side."""
    kind, code = str(row["bound_kind"]), row["bound_code"]
    said = words.word(BOUND_FIELDS[kind], code) if kind in BOUND_FIELDS else ""
    return words.text(
        f"bound_{kind}", code=said, name=row["bound_name"], metres=row["beside_m"] or 0.0
    )


def short_rows(
    short: gpd.GeoDataFrame, land: LandFound, words: Catalogue
) -> list[dict[str, object]]:
    """Give the land short of the line as plain rows, with all that bounds it."""
    bounds = _bounds_by_block(land)
    rows = pd.DataFrame(short).drop(columns=["geometry", "bounded_by"]).to_dict("records")
    return [
        {
            **_plain(row),
            "bounded_by": [
                {**bound, "text": bound_text(bound, words)} for bound in bounds[row["block_id"]]
            ],
        }
        for row in rows
    ]


def sheets(
    context: Context,
    query: BlockQuery,
    land: LandFound,
    frame: gpd.GeoDataFrame,
    on_reserve: gpd.GeoDataFrame,
    by_unit: pd.DataFrame,
    short: gpd.GeoDataFrame,
) -> tuple[Sheet, ...]:
    """Give every list that an export holds."""
    words = context.words
    text = words.text
    kinds = land.bounds["bound_kind"].map(lambda kind: text(f"bound_kind_{kind}"))
    lost_to = [words.word("constraint_kind", kind) for kind in land.losses["constraint_kind"]]
    lists = [
        Sheet(text("sheet_blocks"), frame, ("area_mu", "net_area_mu"), PRINTED_BLOCKS),
        Sheet(text("sheet_blocks_200"), on_reserve, ("area_mu", "net_area_mu"), PRINTED_BLOCKS),
        Sheet(text("sheet_by_unit"), by_unit[["unit_id", "unit_name", "block_id", "area_mu"]],
              ("area_mu",)),
        Sheet(text("sheet_short_blocks"), short, ("area_mu",), PRINTED_SHORT),
        Sheet(text("sheet_bounds"), land.bounds.assign(bound_kind=kinds)),
        Sheet(text("sheet_bridges"), land.bridges),
        Sheet(text("sheet_net_pieces"), land.pieces[["block_id", "area_mu", "geometry"]],
              ("area_mu",)),
        Sheet(text("sheet_losses"), land.losses.assign(constraint_kind=lost_to)),
    ]  # fmt: skip
    if land.curve is not None:
        lists.append(Sheet(text("sheet_curve"), curve_rows(land.curve, query.gap_m)))
    return tuple(lists)


def curve_rows(curve: ToleranceCurve, gap_m: float) -> pd.DataFrame:
    """Give the curve with the tolerance used and the knee marked."""
    rows = curve.rows
    return rows.assign(
        is_asked=rows["gap_m"].eq(gap_m),
        is_knee=rows["gap_m"].eq(-1.0 if curve.knee_gap_m is None else curve.knee_gap_m),
    )


def block_rows(
    frame: gpd.GeoDataFrame, by_unit: pd.DataFrame, land: LandFound
) -> list[dict[str, object]]:
    """Give the blocks as plain rows, with their parts inside."""
    shares = _grouped(by_unit[["block_id", "unit_id", "area_mu"]])
    bridges = _grouped(pd.DataFrame(land.bridges).drop(columns="geometry"))
    pieces = _grouped(pd.DataFrame(land.pieces)[["block_id", "area_mu"]])
    losses = _grouped(land.losses)
    rows = []
    for row in pd.DataFrame(frame).drop(columns="geometry").to_dict("records"):
        block_id = str(row["block_id"])
        rows.append(
            {
                **_plain(row),
                "by_unit": shares.get(block_id, []),
                "bridges": bridges.get(block_id, []),
                "net_pieces_mu": [piece["area_mu"] for piece in pieces.get(block_id, [])],
                "losses": losses.get(block_id, []),
            }
        )
    return rows


def _grouped(frame: pd.DataFrame) -> dict[str, list[dict[str, object]]]:
    held: dict[str, list[dict[str, object]]] = {}
    for row in frame.to_dict("records"):
        plain = _plain(row)
        held.setdefault(str(plain.pop("block_id")), []).append(plain)
    return held


def _plain(row: dict) -> dict[str, object]:
    return {str(k): None if not isinstance(v, list) and pd.isna(v) else v for k, v in row.items()}
