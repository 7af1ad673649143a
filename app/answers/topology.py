"""What is wrong between the shapes of a layer, for command line and export."""

import math
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.answers.answer import Answer, column_titles, layer_name, sheet_of
from app.context import Context
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.tools import Progress
from geo.topology import KINDS, Finding, Topology, TopologyRule, topology
from layers.contracts import CONTRACTS, Contract, contract_of
from layers.errors import LayerError
from layers.validate import row_names
from platforms.ledger.visibility import MASK

NAMED_ROWS = 5
"""A sentence names this many rows; the list has them all."""

TITLED = ("finding_kind", "row_ids", "finding_text")


def topology_answer(
    context: Context, layer: str, rule: TopologyRule, progress: Progress | None = None
) -> Answer:
    """Answer ``topology``: duplicates, overlaps, gaps and slivers of a layer (拓扑检查).

    JSON keys ``layer``, ``row_count``, ``findings``, ``counts`` by kind, and ``below_least_area``:
    overlaps and gaps too small to be listed. The layer stays as it is.

    Raises MuPlanError: ``layer_unknown``, ``layer_without_areas``.
    """
    words, contract = context.words, _layer_of_areas(layer)
    frame = context.source.read(layer)
    shapes = np.asarray(gpd.GeoSeries(frame["geometry"]).array, dtype=object)
    faults = topology(shapes, context.crs, rule, progress)
    names = row_names(frame, contract)
    rows = [_row(finding, names, words) for finding in faults.findings]
    counts_by_kind = Counter(finding.kind for finding in faults.findings)
    counts = {kind: counts_by_kind[kind] for kind in KINDS}
    return Answer(
        title=words.text("title_topology", layer=layer_name(layer, words)),
        parameters={
            "layer": layer, "min_overlap_m2": rule.min_overlap_m2, "max_gap_m": rule.max_gap_m,
            "max_gap_m2": rule.max_gap_m2, "min_width_m": rule.min_width_m,
            "min_compactness": rule.min_compactness,
        },
        result={
            "layer": layer, "row_count": len(frame), "findings": rows, "counts": counts,
            "below_least_area": {"overlap": faults.small_overlaps, "gap": faults.small_gaps},
        },
        sheets=(sheet_of(words, "topology", _list(faults, rows, context)),),
        titles=column_titles(words, TITLED),
        summary=_summary(len(frame), counts, faults, rule, words),
    )  # fmt: skip


def _layer_of_areas(layer: str) -> Contract:
    contract = contract_of(layer)
    if contract.geometry != "polygon":
        known = ", ".join(
            name for name, contract in CONTRACTS.items() if contract.geometry == "polygon"
        )
        raise MuPlanError("layer_without_areas", layer=layer, known=known)
    return contract


def _row(finding: Finding, names: list[str], words: Catalogue) -> dict[str, object]:
    rows = [names[row] for row in finding.rows]
    text = words.text(
        f"finding_text_{finding.kind}", rows=_row_names(rows, words), area_m2=finding.area_m2,
        width_m=finding.width_m, reason=finding.reason,
    )  # fmt: skip
    return {
        "kind": finding.kind,
        "rows": rows,
        "area_m2": _known(finding.area_m2),
        "width_m": _known(finding.width_m),
        "text": text,
    }


def _row_names(rows: list[str], words: Catalogue) -> str:
    listed = words.text("rows_between").join(rows[:NAMED_ROWS])
    if len(rows) <= NAMED_ROWS:
        return listed
    return words.text("rows_and_more", rows=listed, count=len(rows))


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number


def _list(faults: Topology, rows: list[dict[str, object]], context: Context) -> gpd.GeoDataFrame:
    words = context.words
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [finding.shape for finding in faults.findings]
    columns = pd.DataFrame(
        {
            "finding_kind": [words.text(f"finding_{finding.kind}") for finding in faults.findings],
            "row_ids": [row["rows"] for row in rows],
            "area_m2": [finding.area_m2 for finding in faults.findings],
            "width_m": [finding.width_m for finding in faults.findings],
            "finding_text": [row["text"] for row in rows],
        }
    ).astype({"area_m2": "float64", "width_m": "float64"})
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=context.crs)


def _summary(
    row_count: int, counts: dict[str, int], faults: Topology, rule: TopologyRule, words: Catalogue
) -> tuple[str, ...]:
    kinds = words.joined(f"{words.text(f'finding_{kind}')} {counts[kind]}" for kind in KINDS)
    lines = [words.text("summary_topology", count=row_count, kinds=kinds)]
    if faults.small_overlaps or faults.small_gaps:
        lines.append(
            words.text(
                "summary_topology_small", overlaps=faults.small_overlaps, gaps=faults.small_gaps,
                least_m2=rule.min_overlap_m2,
            )
        )  # fmt: skip
    return tuple(lines)


def broken_shapes(context: Context) -> LayerError | None:
    """Say which shapes stand in the way where GEOS gave up on one (``shapes_broken``).

    Layers are repaired when they are imported; another program may have drawn a shape that
    crosses itself since. None where all are sound.
    """
    for layer in context.workspace:
        contract = CONTRACTS[layer]
        if not contract.is_spatial:
            continue
        rows = context.workspace.read(layer)
        shapes = np.asarray(rows["geometry"], dtype=object)
        broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
        if broken.any():
            names = row_names(rows[broken], contract)
            listed = ", ".join(names[:NAMED_ROWS]) + (" …" if len(names) > NAMED_ROWS else "")
            return LayerError(
                "shapes_broken", layer=layer_name(layer, context.words), count=len(names),
                rows=listed if context.viewer is None else MASK,
            )  # fmt: skip
    return None
