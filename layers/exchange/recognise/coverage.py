"""What a file answers for: the day of its data, whose they are, which units and kinds they cover.

Without it nobody may conclude from a layer that something isn't there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.tools import nearest_name
from layers.codes import CONSTRAINT_KINDS, COVERED_LAYERS, EVENT_KINDS, Codes
from layers.errors import LayerError
from layers.exchange.heading import plain_title
from layers.exchange.readers.source import Evidence
from layers.exchange.request import DataStatement
from layers.validate import iso_date

COVERAGE = "data_coverage"

EVERYWHERE = ("city", "全市")
"""What stands for all units of the workspace."""

KINDS_OF: dict[str, tuple[str, Codes]] = {
    "constraints": ("constraint_kind", CONSTRAINT_KINDS),
    "project_events": ("event_kind", EVENT_KINDS),
}
"""Layers of several kinds: the column that tells them apart, and its codes."""

DATE_TITLES = "资料日期 数据日期 更新日期 更新时间 数据时点 变更时间"
OFFICE_TITLES = "资料责任单位 数据责任单位 责任单位 提供单位 来源单位"
SOURCE_TITLES = "资料来源 数据来源"


@dataclass(frozen=True)
class Answered:
    """What a file answers for.

    ``rows``: Rows of ``data_coverage``; of none where nothing was stated or recognised.
    ``evidence``: What was stated, recognised, or has yet to be confirmed.
    """

    rows: gpd.GeoDataFrame
    evidence: tuple[Evidence, ...]


def check_statement(statement: DataStatement, layer: str, units: pd.DataFrame, today: str) -> None:
    """Refuse what can't be stated of a layer.

    ``units``: Layer ``units``.
    ``today``: Day of the import (ISO).

    Raises LayerError: ``coverage_not_of_layer``, ``data_date_bad``, ``data_date_future``,
    ``kinds_not_of_layer``, ``kind_unknown``, ``coverage_unit_unknown``.
    """
    if statement.is_empty:
        return
    if layer not in COVERED_LAYERS:
        raise LayerError("coverage_not_of_layer", layer=layer, known=", ".join(COVERED_LAYERS))
    if statement.data_on is not None:
        day = iso_date(statement.data_on)
        if not isinstance(day, str):
            raise LayerError("data_date_bad", day=statement.data_on)
        if day > today:
            raise LayerError("data_date_future", day=day, today=today)
    if statement.kinds and layer not in KINDS_OF:
        raise LayerError("kinds_not_of_layer", layer=layer)
    kinds_stated(statement, layer)
    units_stated(statement, units)


def kinds_stated(statement: DataStatement, layer: str) -> tuple[str, ...]:
    """Return the kinds stated, by code or word (``kind_unknown`` with the nearest)."""
    if layer not in KINDS_OF:
        return ()
    _, codes = KINDS_OF[layer]
    by_word = {word: code for code, words in codes.items() for word in (code, *words)}
    return tuple(_known(kind, by_word, "kind_unknown") for kind in statement.kinds)


def units_stated(statement: DataStatement, units: pd.DataFrame) -> tuple[str, ...]:
    """Return the units stated, by id or name (``coverage_unit_unknown`` with the nearest)."""
    ids = [str(unit_id) for unit_id in units["unit_id"]]
    if any(name in EVERYWHERE for name in statement.covers):
        return tuple(ids)
    names = zip(units["name"].fillna(units["unit_id"]), ids, strict=True)
    by_word = {**{str(name): unit_id for name, unit_id in names}, **{i: i for i in ids}}
    return tuple(_known(name, by_word, "coverage_unit_unknown") for name in statement.covers)


def _known(word: str, by_word: dict[str, str], code: str) -> str:
    if word not in by_word:
        raise LayerError(code, name=word, nearest=nearest_name(word, by_word) or "–")
    return by_word[word]


def answered_for(
    statement: DataStatement,
    layer: str,
    accepted: pd.DataFrame,
    units: gpd.GeoDataFrame,
    file_name: str,
    *,
    is_known: bool = False,
) -> Answered:
    """Say what a file answers for, from what is stated and what its columns tell.

    ``accepted``: The rows that will be stored.
    ``units``: Layer ``units``, in the same system.
    ``is_known``: Whether it is on file already what the layer covers: nothing is proposed then.
    """
    nothing = Answered(gpd.GeoDataFrame(geometry=[], crs=units.crs), ())
    if layer not in COVERED_LAYERS:
        return nothing
    titles = {plain_title(str(name).removeprefix("src_")): str(name) for name in accepted.columns}
    day, notes = statement.data_on, []
    if day is None:
        day = _oldest_day(accepted, titles)
        notes += [Evidence("data_date_recognised", {"day": day})] if day is not None else []
    office = statement.responsible or _only_text(accepted, titles, OFFICE_TITLES)
    source = statement.source or _only_text(accepted, titles, SOURCE_TITLES) or file_name
    notes += _contradictions(accepted, layer)
    covered = units_stated(statement, units)
    kinds = kinds_stated(statement, layer) or _kinds_in(accepted, layer)
    if not covered:
        near = () if is_known else units_met(accepted, units)
        if near:
            notes.append(Evidence("coverage_proposed", {"units": "、".join(near)}))
        if statement.is_empty and day is None:
            return Answered(nothing.rows, tuple(notes))
    elif kinds or layer != "constraints":
        notes.append(Evidence("coverage_stated", {"units": "、".join(covered)}))
    if layer == "constraints" and not kinds:
        # of constraints without a kind nobody can say what the file answers for
        return Answered(nothing.rows, (*notes, Evidence("coverage_kindless", {})))
    whole = DataStatement(day, office, source, covered, kinds)
    return Answered(statement_rows(whole, layer, units), tuple(notes))


def statement_rows(
    statement: DataStatement, layer: str, units: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Lay a statement out as rows of ``data_coverage``, one a kind and unit."""
    kinds, covered = kinds_stated(statement, layer), units_stated(statement, units)
    day = None if statement.data_on is None else iso_date(statement.data_on)
    rows = [
        {
            "coverage_id": "-".join(("FG", kind or layer, *((unit,) if unit else ()))),
            "covered_layer": layer, "covered_kind": kind, "unit_id": unit, "data_on": day,
            "responsible": statement.responsible, "source_doc": statement.source,
        }
        for kind in kinds or (None,)
        for unit in covered or (None,)
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=np.full(len(rows), None), crs=units.crs)


KIND_WORDS: dict[str, str] = {
    "permanent_farmland": "基本农田 永农 yjjbnt jbnt",
    "ecological_redline": "生态保护红线 生态红线 sthx stbhhx",
    "urban_growth_boundary": "城镇开发边界 开发边界 czkfbj",
    "industrial_control_line": "工业用地控制线 工业控制线",
    "river_management": "河道管理范围 河道蓝线",
    "cultural_relic": "文物保护范围 文保",
    "drinking_water": "饮用水源",
    "power_corridor": "高压走廊",
    "geohazard": "地质灾害 地灾",
}
"""What stands in the name of a file or layer that holds one kind of constraint."""


def fill_kinds(
    frame: pd.DataFrame, layer: str, statement: DataStatement, names: Iterable[str]
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give rows without a kind of constraint the one that is stated, or that the file is named for.

    ``frame``: Rows with the vocabulary's columns.
    ``names``: Names of the file and its layer.

    Surveys hand out one kind a file, often with nothing but id and shape.
    """
    if layer != "constraints":
        return frame, ()
    column = pd.Series(None, index=frame.index, dtype="object")
    if "constraint_kind" in frame:
        column = frame["constraint_kind"].astype("object")
    blank = column.isna() | column.astype("string").str.strip().eq("").fillna(value=True)
    stated = kinds_stated(statement, layer)
    named = _kinds_named(names)
    kinds = stated if len(stated) == 1 else named
    if not blank.any() or len(kinds) != 1:
        return frame, ()
    filled = frame.copy()
    filled["constraint_kind"] = column.where(~blank.to_numpy(dtype=bool), kinds[0])
    code = "kind_stated" if kinds is stated else "kind_recognised"
    note = Evidence(code, {"constraint_kind": kinds[0], "count": int(blank.sum())})
    return filled, (note,)


def _kinds_named(names: Iterable[str]) -> tuple[str, ...]:
    plain = [plain_title(name) for name in names]
    return tuple(
        kind
        for kind, words in KIND_WORDS.items()
        if any(word in name for word in words.split() for name in plain)
    )


def units_met(rows: pd.DataFrame, units: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the units that rows lie in or name: what they may cover, to be confirmed."""
    ids = [str(unit_id) for unit_id in units["unit_id"]]
    met: set[str] = set()
    if "unit_id" in rows:
        met |= {str(unit_id) for unit_id in rows["unit_id"].dropna()}
    if isinstance(rows, gpd.GeoDataFrame):
        shapes = np.asarray(rows.geometry.array, dtype=object)
        tree = shapely.STRtree(shapes[~shapely.is_missing(shapes)])
        outlines = np.asarray(units.geometry.array, dtype=object)
        met |= {ids[at] for at in np.unique(tree.query(outlines, predicate="intersects")[0])}
    return tuple(unit_id for unit_id in ids if unit_id in met)


def _kinds_in(rows: pd.DataFrame, layer: str) -> tuple[str, ...]:
    """Return the kinds that rows are of; a ledger is kept or not as a whole."""
    if layer != "constraints":
        return ()
    column, _ = KINDS_OF[layer]
    return tuple(sorted({str(kind) for kind in rows[column].dropna()}))


def _contradictions(rows: pd.DataFrame, layer: str) -> list[Evidence]:
    """Note the kinds that bind in several ways by their rows: each row's own word counts."""
    if layer != "constraints":
        return []
    severities = rows.groupby("constraint_kind")["severity"].agg(lambda s: sorted(set(s.dropna())))
    return [
        Evidence("severities_differ", {"constraint_kind": str(kind), "severities": ";".join(each)})
        for kind, each in severities.items() if len(each) > 1
    ]  # fmt: skip


def _values(rows: pd.DataFrame, titles: dict[str, str], words: str) -> Iterable[object]:
    names: Sequence[str] = [
        titles[plain_title(w)] for w in words.split() if plain_title(w) in titles
    ]
    return rows[names[0]].dropna() if names else ()


def _oldest_day(rows: pd.DataFrame, titles: dict[str, str]) -> str | None:
    """Return the oldest day that a column of dates of the data holds."""
    days = [iso_date(value) for value in _values(rows, titles, DATE_TITLES)]
    return min((day for day in days if isinstance(day, str)), default=None)


def _only_text(rows: pd.DataFrame, titles: dict[str, str], words: str) -> str | None:
    """Return what a column says of every row alike, None where it says several things."""
    texts = {str(value).strip() for value in _values(rows, titles, words)} - {""}
    return texts.pop() if len(texts) == 1 else None
