"""What is on file of which place: kinds that a rule must know of, their date and coverage.

A gate that needs to know of a kind of thing (farmland, redline, growth boundary) may say ``met``
only where that kind is on file with source and date, covers the place and isn't too old. What is
hit counts at once, dated and covered or not: absence must be shown, presence need not.
"""

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Shapes
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


@dataclass(frozen=True)
class CoverageStatement:
    """One row of ``data_coverage``.

    ``unit_id, data_on, responsible, source``: As stated, None where not.
    ``place``: Name of what it covers, None where it names no place.
    ``outline``: Its own shape, else that of its unit; None where there is none.
    """

    unit_id: str | None
    data_on: str | None
    responsible: str | None
    source: str | None
    place: str | None
    outline: shapely.Geometry | None


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
        on_file = set(self._constraint_kinds)
        on_file |= {kind for layer, kind in self._statements if layer == "constraints"}
        in_order = (kind for kind in CONSTRAINT_KINDS if kind in on_file)
        return tuple(dict.fromkeys((*self.law.site_kinds, *in_order)))

    def on_file(self, layer: str, kind: str = "") -> KindOnFile:
        """Return what is on file of a layer, or of a kind of constraint."""
        stated = self._statements.get((layer, kind), [])
        count = self._constraint_kinds.get(kind, 0)
        if not kind:
            known = self._row_counts.get(layer)
            count = len(self._source.read(layer)) if known is None else known
        return KindOnFile(
            layer, kind, int(count), any(each.place is not None for each in stated),
            _newest(stated) or "", _listed(each.responsible for each in stated),
            _listed(each.source for each in stated),
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
        measured: dict[frozenset[str | None], Floats] = {}

        def inside_m2(stated: Sequence[CoverageStatement]) -> Floats:
            key = frozenset(each.place for each in stated)
            if key not in measured:
                outlines = [each.outline for each in stated if each.outline is not None]
                measured[key] = _area_in(shapes, area, outlines)
            return measured[key]

        statuses = {}
        for layer, kind in subjects:
            stated = [s for s in self._statements.get((layer, kind), []) if s.place is not None]
            if stated:
                statuses[layer, kind] = self._covering(layer, kind, stated, area, inside_m2)
            else:
                is_on_file = self.on_file(layer, kind).rows > 0
                status: CoverageStatus = "unstated" if is_on_file else "missing"
                statuses[layer, kind] = [status] * len(shapes)
        return statuses

    def _covering(
        self,
        layer: str,
        kind: str,
        stated: Sequence[CoverageStatement],
        area: Floats,
        inside_m2: Callable[[Sequence[CoverageStatement]], Floats],
    ) -> list[CoverageStatus]:
        """Say by how good data each place is covered: the best that covers it whole counts."""
        dated = [s for s in stated if s.data_on is not None and s.source is not None]
        fresh = [s for s in dated if not self.is_older(layer, str(s.data_on), kind)]
        may_stick_out = np.maximum(UNCOVERED_M2, UNCOVERED_SHARE * area)
        inside = inside_m2(stated)
        status = np.where(inside > UNCOVERED_M2, "partly", "elsewhere").astype(object)
        status[area - inside <= may_stick_out] = "undated"
        status[area - inside_m2(dated) <= may_stick_out] = "stale"
        status[area - inside_m2(fresh) <= may_stick_out] = "covered"
        graded: list[CoverageStatus] = status.tolist()
        return graded

    def kept_until(self, layer: str, kind: str) -> dict[str, str]:
        """Return until when (ISO) each unit keeps rows of a kind, those that it is stated of only.

        A statement about the whole layer speaks of all its kinds; one without date or source of
        none. By unit: an outline speaks of the units that it covers.
        """
        areas = assessment_areas(gpd.GeoDataFrame(self._source.read("units")))
        shapes, until = shapes_of(areas), dict[str, str]()
        area: Floats = shapely.area(shapes)
        for stated in [*self._statements.get((layer, ""), []),
                       *self._statements.get((layer, kind), [])]:  # fmt: skip
            if stated.data_on is None or stated.source is None or stated.place is None:
                continue
            here = areas["unit_id"].eq(stated.unit_id).to_numpy(dtype=bool)
            if stated.unit_id is None and stated.outline is not None:
                may_stick_out = np.maximum(UNCOVERED_M2, UNCOVERED_SHARE * area)
                here = area - _area_in(shapes, area, [stated.outline]) <= may_stick_out
            for unit_id in areas["unit_id"][here]:
                until[str(unit_id)] = max(until.get(str(unit_id), ""), stated.data_on)
        return until

    def matrix(self) -> pd.DataFrame:
        """Return unit × kind: on file, date, coverage, age (``MATRIX_COLUMNS``).

        Every unit with every kind a site must be checked against or that is on file, and the
        layers of ``MATRIX_LAYERS``.
        """
        areas = assessment_areas(gpd.GeoDataFrame(self._source.read("units")))
        unit_ids = areas["unit_id"].tolist()
        subjects = [("constraints", kind) for kind in self.kinds] + [(n, "") for n in MATRIX_LAYERS]
        lines = []
        for (layer, kind), statuses in self.statuses(subjects, shapes_of(areas)).items():
            count, stated = self.on_file(layer, kind).rows, self._statements.get((layer, kind), [])
            for unit_id, status in zip(unit_ids, statuses, strict=True):
                here = [each for each in stated if each.unit_id in (unit_id, None)]
                lines.append(
                    (
                        unit_id, layer, kind or None, status, count, _newest(here),
                        _listed(each.responsible for each in here) or None,
                        _listed(each.source for each in here) or None,
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

    def kept(
        self, layer: str, kinds: Sequence[str], since: str, shapes: Shapes
    ) -> npt.NDArray[np.bool_]:
        """Say of each place whether a table is kept for it up to a day: nothing on file is none.

        ``kinds``: Kinds in the layer that are asked about; a statement of the whole layer holds for
          each of them, one of a single kind for that one.
        ``since``: Day that the data must reach (ISO).
        ``shapes``: Places, array of n, in the system of the layers.

        Flags (n): every kind is covered by statements with source, of that day or later.
        """
        area: Floats = shapely.area(shapes)
        is_kept = np.ones(len(shapes), dtype=bool)
        for kind in kinds:
            stated = [
                each
                for subject in ((layer, ""), (layer, kind))
                for each in self._statements.get(subject, [])
                if each.source is not None and (each.data_on or "") >= since
            ]
            outlines = [each.outline for each in stated if each.outline is not None]
            outside = area - _area_in(shapes, area, outlines)
            is_kept &= outside <= np.maximum(UNCOVERED_M2, UNCOVERED_SHARE * area)
        return is_kept

    def milder(self) -> dict[str, int]:
        """Count the rows that state a milder severity than their kind has by law, by kind.

        Of the kinds a site must be checked against; their own word counts all the same (S18).
        """
        rows = self._source.read("constraints")
        counts = {}
        for kind in self.law.site_kinds:
            stated = rows["severity"][rows["constraint_kind"].eq(kind).fillna(value=False)].dropna()
            count = int(stated.ne(self.law.severity.get(kind, "")).sum())
            if count:
                counts[kind] = count
        return counts

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

    @cached_property
    def _constraint_kinds(self) -> dict[str, int]:
        return dict(Counter(self._source.read("constraints")["constraint_kind"].fillna(OTHER)))

    @cached_property
    def _statements(self) -> dict[Subject, list[CoverageStatement]]:
        """Statements by layer and kind."""
        rows = gpd.GeoDataFrame(self._source.read("data_coverage"))
        units = gpd.GeoDataFrame(self._source.read("units"))
        of_unit = dict(zip(units["unit_id"], shapes_of(units), strict=True))
        columns = (
            "coverage_id", "covered_layer", "covered_kind", "unit_id", "data_on", "responsible",
            "source_doc",
        )  # fmt: skip
        plain = (
            [None if pd.isna(value) else str(value) for value in rows[name].tolist()]
            for name in columns
        )
        statements: dict[Subject, list[CoverageStatement]] = {}
        for shape, coverage_id, layer, kind, unit_id, *rest in zip(
            shapes_of(rows), *plain, strict=True
        ):
            data_on, responsible, source = rest
            is_drawn = shape is not None and not shape.is_empty
            place = None if unit_id is None else f"unit {unit_id}"
            outline = shape if is_drawn else of_unit.get(unit_id)
            statements.setdefault((str(layer), kind or ""), []).append(
                CoverageStatement(
                    unit_id, data_on, responsible, source,
                    f"shape {coverage_id}" if is_drawn else place, outline,
                )
            )  # fmt: skip
        return statements


def _area_in(shapes: Shapes, area: Floats, outlines: list[shapely.Geometry]) -> Floats:
    """Return the area of each shape in outlines together [m² of the plane, as ``area``]."""
    whole = shapely.union_all(np.array(outlines, dtype=object))
    shapely.prepare(whole)
    inside = shapely.covers(whole, shapes)
    cut = ~inside & shapely.intersects(whole, shapes)
    area_m2: Floats = np.where(inside, area, 0.0)
    area_m2[cut] = shapely.area(shapely.intersection(shapes[cut], whole))
    return area_m2


def _newest(statements: Iterable[CoverageStatement]) -> str | None:
    return max((s.data_on for s in statements if s.data_on is not None), default=None)


def _listed(texts: Iterable[str | None]) -> str:
    return "、".join(dict.fromkeys(text for text in texts if text is not None))


def months_after(day: str, months: int) -> str:
    """Return the day so many months later, the last of its month where it has no such day.

    >>> months_after("2024-11-30", 3), months_after("2023-12-31", 18)
    ('2025-02-28', '2025-06-30')
    """
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last)).isoformat()
