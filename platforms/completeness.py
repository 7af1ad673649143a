"""What is on file of which place: kinds that a rule must know of, their date and coverage.

A gate that needs to know of a kind of thing (farmland, redline, growth boundary) may say ``met``
only where that kind is on file with source and date, covers the place and isn't too old. What is
hit counts at once, dated and covered or not: absence must be shown, presence need not.
"""

import calendar
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Flags, Floats, Shapes
from layers.codes import CONSTRAINT_KINDS
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource
from platforms.territory import assessment_areas, shapes_of

LAW = "S18"
"""The assumption that states severity and needs by kind."""

AGE = "S21"
"""The assumption that states how old data may be, by kind or layer [months]."""

OTHER = "other"
"""What a constraint without a kind counts as."""

CoverageStatus = Literal[
    "covered", "stale", "undated", "partly", "elsewhere", "unstated", "missing"
]  # fmt: skip
"""``covered``; covered by data too old (``stale``) or without date or source (``undated``) alone;
covered in part; stated for other places only; on file, coverage not stated; not on file."""

Subject = tuple[str, str]
"""Layer, and kind in it; the kind is empty for the whole layer."""

UNCOVERED_M2, UNCOVERED_SHARE = 1.0, 0.001
"""What of a place may stick out of a coverage: outlines of units and parcels are drawn apart."""

MATRIX_LAYERS = (
    "land_parcels", "project_events", "element_quotas", "platform_indicators",
    "enterprise_indicators",
)  # fmt: skip
"""Layers of the matrix beside the kinds of constraint."""

MATRIX_COLUMNS = (
    "unit_id", "covered_layer", "covered_kind", "status", "rows", "data_on", "responsible",
    "source_doc",
)  # fmt: skip


@dataclass(frozen=True)
class KindsByLaw:
    """What a pack says of kinds of constraint (S18).

    ``severity``: Of a row that doesn't state its own, by kind.
    ``outside``: Kinds that hold outside their outlines where a row doesn't say.
    ``site_kinds``: Kinds that a site must be checked against.
    """

    severity: Mapping[str, str]
    outside: frozenset[str]
    site_kinds: tuple[str, ...]


def kinds_by_law(policy: PolicySet) -> KindsByLaw:
    """Return what a pack says of kinds; a pack without S18 says nothing of any."""
    if LAW not in policy.pack.assumptions:
        return KindsByLaw({}, frozenset(), ())
    severity = {
        kind: severity
        for severity in ("block", "warn")
        for kind in policy.setting_texts(LAW, severity)
    }
    outside = frozenset(policy.setting_texts(LAW, "outside"))
    return KindsByLaw(severity, outside, policy.setting_texts(LAW, "site_kinds"))


def constraints_in_force(constraints: gpd.GeoDataFrame, policy: PolicySet) -> gpd.GeoDataFrame:
    """Return the constraints that hold on the as-of date, each with kind, severity and side.

    ``constraints``: Layer ``constraints``; a row without dates always holds.

    What a row doesn't state is filled by its kind (S18); a severity stays missing where the kind
    has none. Index and other columns as given.
    """
    begun = constraints["effective_from"].fillna("") <= policy.as_of
    lasting = constraints["effective_until"].fillna("9999-12-31") >= policy.as_of
    rows = constraints[begun & lasting]
    law = kinds_by_law(policy)
    kinds = rows["constraint_kind"].fillna(OTHER)
    by_law = kinds.map(dict(law.severity))
    side = kinds.map(lambda kind: "outside" if kind in law.outside else "inside")
    return rows.assign(
        constraint_kind=kinds,
        severity=rows["severity"].where(rows["severity"].notna(), by_law),
        applies=rows["applies"].where(rows["applies"].notna(), side),
    )


@dataclass(frozen=True)
class KindOnFile:
    """What is on file of one layer, or of one kind in it.

    ``layer, kind``: What it is; the kind is empty for a whole layer.
    ``rows``: Rows on file.
    ``is_stated``: Whether anybody stated what it covers.
    ``data_on, responsible, source``: Newest date of the data (ISO), offices and sources as
      stated, divided by ``、``; empty where not stated.
    """

    layer: str
    kind: str
    rows: int
    is_stated: bool
    data_on: str = ""
    responsible: str = ""
    source: str = ""

    @property
    def is_on_file(self) -> bool:
        """Whether there is a row of it, or a statement that there is none."""
        return self.rows > 0 or self.is_stated


class Completeness:
    """What a city has on file, for whoever has to say what was checked.

    ``source``: Gives ``data_coverage``, ``units`` and the layers asked about.
    ``policy``: Kinds (S18), ages (S21), and the as-of date.
    ``row_counts``: Rows of layers where they are known without reading them.
    """

    def __init__(
        self, source: LayerSource, policy: PolicySet, row_counts: Mapping[str, int] | None = None
    ) -> None:
        self._source, self._policy, self._row_counts = source, policy, row_counts or {}

    @cached_property
    def law(self) -> KindsByLaw:
        """Kinds that a site must be checked against, and severities."""
        return kinds_by_law(self._policy)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of constraint that a site must be checked against, then others on file."""
        on_file = set(self._constraint_kinds) | {
            str(kind) for kind in self._stated("constraints")["covered_kind"].dropna()
        }
        in_order = (kind for kind in CONSTRAINT_KINDS if kind in on_file)
        return tuple(dict.fromkeys((*self.law.site_kinds, *in_order)))

    def on_file(self, layer: str, kind: str = "") -> KindOnFile:
        """Return what is on file of a layer, or of a kind of constraint."""
        rows = self._statements(layer, kind)
        count = self._constraint_kinds.get(kind, 0)
        if not kind:
            known = self._row_counts.get(layer)
            count = len(self._source.read(layer)) if known is None else known
        dates = rows["data_on"].dropna()
        return KindOnFile(
            layer, kind, int(count), bool(self._is_placed(rows).any()),
            str(dates.max()) if len(dates) else "", _listed(rows["responsible"]),
            _listed(rows["source_doc"]),
        )  # fmt: skip

    def statuses(
        self, subjects: Iterable[Subject], shapes: Shapes
    ) -> dict[Subject, list[CoverageStatus]]:
        """Return for each layer and kind, and each place, whether what is on file covers it.

        ``subjects``: Layer and kind of each; the kind is empty for a whole layer.
        ``shapes``: Places, array of n, in the system of the layers.

        Lists of n.
        """
        area: Floats = shapely.area(shapes)
        measured: dict[frozenset[str], Floats] = {}

        def inside_m2(rows: gpd.GeoDataFrame) -> Floats:
            positions = self._coverage.index.get_indexer(rows.index)
            key = frozenset(self._places[0][positions])
            if key not in measured:
                measured[key] = _area_in(shapes, area, self._places[1][positions])
            return measured[key]

        statuses = {}
        for layer, kind in subjects:
            on_file = self.on_file(layer, kind)
            if on_file.is_stated:
                statuses[layer, kind] = self._covering(layer, kind, area, inside_m2)
            else:
                status: CoverageStatus = "unstated" if on_file.is_on_file else "missing"
                statuses[layer, kind] = [status] * len(shapes)
        return statuses

    def _covering(
        self, layer: str, kind: str, area: Floats, inside_m2: Callable[[gpd.GeoDataFrame], Floats]
    ) -> list[CoverageStatus]:
        """Say by how good data each place is covered: the best that covers it whole counts."""
        rows = self._statements(layer, kind)
        rows = rows[self._is_placed(rows)]
        dated = self._is_dated(rows)
        fresh = dated & ~self._is_stale(rows, layer, kind)
        may_stick_out = np.maximum(UNCOVERED_M2, UNCOVERED_SHARE * area)
        inside = inside_m2(rows)
        status = np.where(inside > UNCOVERED_M2, "partly", "elsewhere").astype(object)
        status[area - inside <= may_stick_out] = "undated"
        status[area - inside_m2(rows[dated]) <= may_stick_out] = "stale"
        status[area - inside_m2(rows[fresh]) <= may_stick_out] = "covered"
        graded: list[CoverageStatus] = status.tolist()
        return graded

    def matrix(self) -> pd.DataFrame:
        """Return unit × kind: on file, date, coverage, age (``MATRIX_COLUMNS``).

        Every unit with every kind a site must be checked against or that is on file, and the
        layers of ``MATRIX_LAYERS``.
        """
        areas = assessment_areas(gpd.GeoDataFrame(self._source.read("units")))
        subjects = [("constraints", kind) for kind in self.kinds] + [(n, "") for n in MATRIX_LAYERS]
        lines = []
        for (layer, kind), statuses in self.statuses(subjects, shapes_of(areas)).items():
            on_file, rows = self.on_file(layer, kind), self._statements(layer, kind)
            for unit_id, status in zip(areas["unit_id"], statuses, strict=True):
                is_here = rows["unit_id"].eq(unit_id) | rows["unit_id"].isna()
                here = rows[is_here.fillna(value=False)]
                dates = here["data_on"].dropna()
                lines.append(
                    (
                        unit_id, layer, kind or None, status, on_file.rows,
                        dates.max() if len(dates) else None, _listed(here["responsible"]) or None,
                        _listed(here["source_doc"]) or None,
                    )
                )  # fmt: skip
        return pd.DataFrame(lines, columns=list(MATRIX_COLUMNS))

    def lacking(self, kinds: Iterable[str], shapes: Shapes) -> list[tuple[str, ...]]:
        """Return for each place the kinds of constraint that aren't known to be covered there."""
        statuses = self.statuses([("constraints", kind) for kind in kinds], shapes)
        return [
            tuple(kind for (_, kind), of_kind in statuses.items() if of_kind[at] != "covered")
            for at in range(len(shapes))
        ]

    @cached_property
    def _constraint_kinds(self) -> dict[str, int]:
        kinds = self._source.read("constraints")["constraint_kind"].fillna(OTHER)
        return {str(kind): int(count) for kind, count in kinds.value_counts().items()}

    @cached_property
    def _coverage(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(self._source.read("data_coverage"))

    @cached_property
    def _places(self) -> tuple[np.ndarray, Shapes]:
        """Name and outline of what each statement covers: its own shape, else its unit."""
        units = gpd.GeoDataFrame(self._source.read("units"))
        of_unit = dict(zip(units["unit_id"], shapes_of(units), strict=True))
        names, outlines = [], []
        columns = ("unit_id", "coverage_id")
        rows = zip(shapes_of(self._coverage), *(self._coverage[c] for c in columns), strict=True)
        for shape, unit_id, coverage_id in rows:
            is_drawn = shape is not None and not shape.is_empty
            names.append(f"shape {coverage_id}" if is_drawn else f"unit {unit_id}")
            outlines.append(shape if is_drawn else of_unit.get(unit_id))
        return np.array(names, dtype=object), np.array(outlines, dtype=object)

    def _stated(self, layer: str) -> gpd.GeoDataFrame:
        return self._coverage[self._coverage["covered_layer"].eq(layer).fillna(value=False)]

    def _statements(self, layer: str, kind: str) -> gpd.GeoDataFrame:
        """Return the statements about a kind; about a layer as a whole those without one."""
        rows = self._stated(layer)
        of_kind = rows["covered_kind"].eq(kind) if kind else rows["covered_kind"].isna()
        return rows[of_kind.fillna(value=False)]

    def _is_placed(self, rows: gpd.GeoDataFrame) -> Flags:
        """Say which statements name a place, by a unit or a shape."""
        placed: Flags = rows["unit_id"].notna().to_numpy(dtype=bool)
        shapes = shapes_of(rows)
        drawn: Flags = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        return np.logical_or(placed, drawn)

    def _is_dated(self, rows: pd.DataFrame) -> Flags:
        dated: Flags = (rows["data_on"].notna() & rows["source_doc"].notna()).to_numpy(dtype=bool)
        return dated

    def _is_stale(self, rows: pd.DataFrame, layer: str, kind: str) -> Flags:
        stale = [
            not pd.isna(day) and self.is_older(layer, str(day), kind) for day in rows["data_on"]
        ]
        return np.array(stale, dtype=bool)

    def is_older(self, layer: str, day: str, kind: str = "") -> bool:
        """Say whether data of a day are too old on the as-of date (S21)."""
        months = self.months(layer, kind)
        return months is not None and months_after(day, months) < self._policy.as_of

    def months(self, layer: str, kind: str = "") -> int | None:
        """Return how old data of a kind may be [months] by S21, None where it sets no limit."""
        assumptions = self._policy.pack.assumptions
        if AGE not in assumptions or (kind or layer) not in assumptions[AGE].settings:
            return None
        return int(self._policy.setting_number(AGE, kind or layer))


def _area_in(shapes: Shapes, area: Floats, outlines: Shapes) -> Floats:
    """Return the area of each shape in outlines together [m² of the plane, as ``area``]."""
    whole = shapely.union_all(outlines[~shapely.is_missing(outlines)])
    shapely.prepare(whole)
    inside = shapely.covers(whole, shapes)
    cut = ~inside & shapely.intersects(whole, shapes)
    area_m2: Floats = np.where(inside, area, 0.0)
    area_m2[cut] = shapely.area(shapely.intersection(shapes[cut], whole))
    return area_m2


def _listed(column: pd.Series) -> str:
    return "、".join(dict.fromkeys(str(value) for value in column.dropna()))


def months_after(day: str, months: int) -> str:
    """Return the day so many months later, the last of its month where it has no such day.

    >>> months_after("2024-11-30", 3), months_after("2023-12-31", 18)
    ('2025-02-28', '2025-06-30')
    """
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last)).isoformat()
