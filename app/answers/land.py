"""Contiguous land."""

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.answer import Answer, column_titles, sheet_of
from app.context import Context, unit_names
from app.messages import Catalogue
from geo.tools import Progress
from geo.units import m2_to_mu
from layers.exchange.writers.sheet import Sheet
from platforms.land.block_facts import DESCRIBED, TERRAIN
from platforms.land.blocks import SHORT_FROM, BlockList, ToleranceCurve, counted_once_m2, reaches_mu
from platforms.land.find import ContiguousLand, block_list, contiguous_land
from platforms.land.find import land_curve as curve_of
from platforms.land.search import BlockQuery, lines_mu

BLOCK_COLUMNS = (
    "block_id", "unit_id", "unit_name", "area_mu", "legal_mu", "area_basis", "planar_area_mu",
    "declared_area_mu",
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


def find_land(
    context: Context,
    query: BlockQuery,
    *,
    with_curve: bool = False,
    progress: Progress | None = None,
) -> ContiguousLand:
    """Find the contiguous land of a workspace, and what there is to say of it."""
    return contiguous_land(
        context.source, context.workspace, query, context.policy,
        with_curve=with_curve, progress=progress,
    )  # fmt: skip


def listed_blocks(
    context: Context, query: BlockQuery, progress: Progress | None = None
) -> BlockList:
    """Find the blocks of a workspace alone, without what there is to say of each."""
    return block_list(context.source, query, context.policy, progress)


def land_curve(
    context: Context, query: BlockQuery, progress: Progress | None = None
) -> ToleranceCurve:
    """Compute the tolerance curve of a workspace alone."""
    return curve_of(context.source, query, context.policy, progress)


def listed(context: Context, land: ContiguousLand, names: dict[str, str]) -> gpd.GeoDataFrame:
    """List the blocks with all there is to say of each."""
    _, reserve_mu = lines_mu(context.policy)
    blocks = pd.concat([land.blocks.blocks, land.described, land.terrain], axis=1)
    listed = blocks.assign(
        unit_name=blocks["unit_id"].map(names),
        bridge_count=blocks["block_id"].map(land.bridges["block_id"].value_counts())
        .fillna(0).astype("int64"),
        is_on_200_list=np.array(
            [reaches_mu(mu, reserve_mu) for mu in blocks["legal_mu"]], dtype=bool
        ),
    )  # fmt: skip
    return gpd.GeoDataFrame(listed[[*BLOCK_COLUMNS, "geometry"]], crs=context.crs)


def short_list(context: Context, land: ContiguousLand, names: dict[str, str]) -> gpd.GeoDataFrame:
    """List the land short of the line, with what bounds it in words."""
    bounds = {
        block_id: context.words.joined(
            bound_text(row, context.words) for row in rows[:NAMED_BOUNDS]
        )
        for block_id, rows in _bounds_by_block(land).items()
    }
    frame = land.blocks.short.assign(
        unit_name=land.blocks.short["unit_id"].map(names),
        bounded_by=land.blocks.short["block_id"].map(bounds),
    )
    columns = ["block_id", "unit_id", "unit_name", "area_mu", "parcel_count", "bounded_by",
               "parcel_ids", "geometry"]  # fmt: skip
    return gpd.GeoDataFrame(frame[columns], crs=context.crs)


def _bounds_by_block(land: ContiguousLand) -> dict[str, list[dict[str, object]]]:
    by_block: dict[str, list[dict[str, object]]] = {}
    for row in land.bounds.to_dict("records"):
        plain = {str(k): None if pd.isna(v) else v for k, v in row.items()}
        by_block.setdefault(str(plain.pop("block_id")), []).append(plain)
    return by_block


def bound_text(row: dict[str, object], words: Catalogue) -> str:
    """Say in words what bounds a block on one side."""
    kind, code = str(row["bound_kind"]), row["bound_code"]
    kind_word = words.word(BOUND_FIELDS[kind], code) if kind in BOUND_FIELDS else ""
    return words.text(
        f"bound_{kind}", code=kind_word, name=row["bound_name"], metres=row["beside_m"] or 0.0
    )


def short_rows(
    short: gpd.GeoDataFrame, land: ContiguousLand, words: Catalogue
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
    land: ContiguousLand,
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
        sheet_of(words, "blocks", frame, ("area_mu", "net_area_mu"), PRINTED_BLOCKS),
        sheet_of(words, "blocks_200", on_reserve, ("area_mu", "net_area_mu"), PRINTED_BLOCKS),
        sheet_of(words, "by_unit", by_unit[["unit_id", "unit_name", "block_id", "area_mu"]],
              ("area_mu",)),
        sheet_of(words, "short_blocks", short, ("area_mu",), PRINTED_SHORT),
        sheet_of(words, "bounds", land.bounds.assign(bound_kind=kinds)),
        sheet_of(words, "bridges", land.bridges),
        sheet_of(words, "net_pieces", land.pieces[["block_id", "area_mu", "geometry"]],
              ("area_mu",)),
        sheet_of(words, "losses", land.losses.assign(constraint_kind=lost_to)),
    ]  # fmt: skip
    if land.curve is not None:
        lists.append(sheet_of(words, "curve", curve_rows(land.curve, query.gap_m)))
    return tuple(lists)


def curve_rows(curve: ToleranceCurve, gap_m: float) -> pd.DataFrame:
    """Give the curve with the tolerance used and the knee marked."""
    rows = curve.rows
    return rows.assign(
        is_asked=rows["gap_m"].eq(gap_m),
        is_knee=rows["gap_m"].eq(-1.0 if curve.knee_gap_m is None else curve.knee_gap_m),
    )


def block_rows(
    frame: gpd.GeoDataFrame, by_unit: pd.DataFrame, land: ContiguousLand
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
    grouped: dict[str, list[dict[str, object]]] = {}
    for row in frame.to_dict("records"):
        plain = _plain(row)
        grouped.setdefault(str(plain.pop("block_id")), []).append(plain)
    return grouped


def _plain(row: dict) -> dict[str, object]:
    return {str(k): None if not isinstance(v, list) and pd.isna(v) else v for k, v in row.items()}


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


def block_answer(context: Context, query: BlockQuery, land: ContiguousLand) -> Answer:
    """Answer ``blocks``: which contiguous land there is.

    ``land``: What ``contiguous_land`` gives for it.

    JSON keys ``blocks`` (``by_unit``, ``bridges``, ``net_pieces_mu``, ``losses`` inside),
    ``short_blocks`` (``bounded_by`` inside), ``totals``, ``unknown_state_count`` and, where asked
    for, ``curve`` and ``knee_gap_m``.
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


def _totals(land: ContiguousLand, frame: gpd.GeoDataFrame) -> dict[str, float]:
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


def _parameters(query: BlockQuery) -> dict[str, object]:
    return {
        "min_mu": query.min_mu, "gap_m": query.gap_m, "min_edge_m": query.min_edge_m,
        "bridge_width_m": query.bridge_width_m, "min_neck_m": query.min_neck_m,
        "states": list(query.states), "net": query.net, "unit_id": query.unit_id,
    }  # fmt: skip


def _summary(
    context: Context, query: BlockQuery, totals: dict[str, float], land: ContiguousLand
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
