"""Lists of contiguous land on file held against the land there is (B3, B4)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.fields import split_list
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, land_layers, state_of
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Statement, Verdict, say

LAYER, PARCELS = "land_lists", "land_parcels"
SUPPLY, RESERVE = "supply", "reserve"


@dataclass(frozen=True)
class _LandList:
    """The last list of a unit, or of the city, by a day.

    ``listed_on``: Its day (ISO).
    ``parcel_ids``: The parcels on it.
    ``area_mu``: Land that it states [亩], None where an entry states none.
    ``row_ids``: Its rows.
    """

    listed_on: str
    parcel_ids: frozenset[str]
    area_mu: float | None
    row_ids: tuple[str, ...]


@check("B3", "list", unit="个")
def listed_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether the list on file holds every block of land ready for supply (B3 ``list``).

    ``dated``: The rule [个], blocks that the list lacks; the size is that of B3 itself.

    One a unit, one for the city; the last list by the as-of date counts, a list of the city for its
    units too. Without one ``no_data``, with the blocks that it has to hold. Where parcels don't
    state their state there may be more.

    《进一步推动招大引强工作实施方案》 三（二）; S13.
    """
    blocks = job.per_rule(_supply_blocks)
    if blocks is None:
        said = say("c9_no_land_on_file")
        return [judge(dated, None, unit_id=u, reasons=(said,)) for u in _subjects(job)]
    return [_against_list(job, dated, blocks, unit_id) for unit_id in _subjects(job)]


@check("B4", "reserve", unit="亩")
def reserve_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show the contiguous net land of a unit or the city and what changed since the last list.

    ``dated``: B4 ``reserve`` [亩], never judged; the size is that of B4 itself.

    《进一步推动招大引强工作实施方案》 三（二）; S13.
    """
    blocks = job.per_rule(_net_blocks)
    verdicts = []
    for unit_id in _subjects(job):
        if blocks is None:
            said = say("c9_no_land_on_file")
            verdicts.append(judge(dated, None, unit_id=unit_id, reasons=(said,)))
            continue
        own = _of_unit(blocks, unit_id)
        area_mu = float(own["legal_mu"].sum())
        last = _last_list(job, RESERVE, unit_id)
        said = say("b4_no_list", count=len(own))
        if last is not None and last.area_mu is not None:
            change = area_mu - last.area_mu
            said = say("b4_change", on=last.listed_on, listed=last.area_mu, change=change)
        verdicts.append(
            judge(dated, area_mu, unit_id=unit_id, reasons=(said,), evidence=_evidence(own))
        )
    return verdicts


def _subjects(job: CheckJob) -> list[str | None]:
    return [*job.unit_ids, *([None] if job.is_whole_city else [])]


def _supply_blocks(job: CheckJob) -> gpd.GeoDataFrame | None:
    least = job.policy.rule("B3").rule.number
    return _blocks(job, BlockQuery(min_mu=least))


def _net_blocks(job: CheckJob) -> gpd.GeoDataFrame | None:
    least = job.policy.rule("B4").rule.number
    return _blocks(job, BlockQuery(min_mu=least, net=True, less_constraints=True))


def _blocks(job: CheckJob, query: BlockQuery) -> gpd.GeoDataFrame | None:
    """Find the blocks of a query with the ids of their parcels, None where no parcel is on file."""
    layers = land_layers(job.source, job.policy)
    if not len(layers.parcels):
        return None
    land = find_blocks(layers, query)
    parcels = land.members.groupby("block_id")["parcel_id"].unique()
    return land.blocks.assign(parcel_ids=land.blocks["block_id"].map(parcels))


def _of_unit(blocks: gpd.GeoDataFrame, unit_id: str | None) -> gpd.GeoDataFrame:
    return blocks if unit_id is None else blocks[blocks["unit_id"].eq(unit_id).to_numpy(dtype=bool)]


def _last_list(job: CheckJob, kind: str, unit_id: str | None) -> _LandList | None:
    """Return the last list of a unit together with that of the city; of the city all its units'."""
    rows = pd.DataFrame(job.source.read(LAYER))
    rows = rows[rows["list_kind"].eq(kind).fillna(value=False).to_numpy(dtype=bool)]
    rows = rows[rows["listed_on"].fillna("9999").le(job.policy.as_of).to_numpy(dtype=bool)]
    if unit_id is not None:
        rows = rows[(rows["unit_id"].isna() | rows["unit_id"].eq(unit_id)).to_numpy(dtype=bool)]
    if not len(rows):
        return None
    newest = rows.groupby(rows["unit_id"].fillna(""))["listed_on"].transform("max")
    rows = rows[rows["listed_on"].eq(newest).to_numpy(dtype=bool)]
    parcels = frozenset(p for ids in rows["parcel_ids"] for p in split_list(ids))
    area = rows["listed_mu"].astype("float64")
    return _LandList(
        str(rows["listed_on"].min()), parcels, None if area.isna().any() else float(area.sum()),
        tuple(map(str, rows["land_list_id"])),
    )  # fmt: skip


def _against_list(
    job: CheckJob, dated: DatedRule, blocks: gpd.GeoDataFrame, unit_id: str | None
) -> Verdict:
    own = _of_unit(blocks, unit_id)
    last = _last_list(job, SUPPLY, unit_id)
    if last is None:
        made = say("b3_no_list", count=len(own), area_mu=float(own["legal_mu"].sum()))
        return judge(dated, None, unit_id=unit_id, reasons=(made,), evidence=_evidence(own))
    is_listed = [set(parcels) <= last.parcel_ids for parcels in own["parcel_ids"]]
    lacking = own[~np.array(is_listed, dtype=bool)]
    reasons = [say("b3_listed_on", on=last.listed_on, count=len(own))]
    open_points = _open_points(job, unit_id)
    evidence = (*_evidence(lacking), Evidence(LAYER, last.row_ids))
    if len(lacking) or not open_points:
        reasons += open_points
        return judge(
            dated, float(len(lacking)), unit_id=unit_id, reasons=tuple(reasons), evidence=evidence
        )
    return judge(
        dated, None, unit_id=unit_id, reasons=(*open_points, *reasons), evidence=evidence
    )  # fmt: skip


def _open_points(job: CheckJob, unit_id: str | None) -> list[Statement]:
    """Say what may hide further blocks: parcels without a state."""
    parcels = job.layer(PARCELS)
    unknown = state_of(parcels).eq("unknown").to_numpy(dtype=bool)
    if unit_id is not None:
        under = job.assessed(PARCELS, parcels)
        unknown = unknown & under.eq(unit_id).fillna(value=False).to_numpy(dtype=bool)
    return [say("b3_states_unknown", count=int(unknown.sum()))] if unknown.any() else []


def _evidence(blocks: gpd.GeoDataFrame) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(PARCELS, tuple(map(str, parcels)), say("b3_block", area_mu=float(area_mu)))
        for parcels, area_mu in zip(blocks["parcel_ids"], blocks["legal_mu"], strict=True)
    )
