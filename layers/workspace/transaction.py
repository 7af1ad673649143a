"""A set of changes: checked, written, recorded and sealed within one transaction."""

import hashlib
import json
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import crs_label, same_crs
from geo.raster import Raster
from geo.tools import Progress, report, within
from layers.contracts import CONTRACTS, RASTERS, Contract, contract_of, key_columns
from layers.editions import (
    NOTHING,
    Changes,
    compare_editions,
    first_difference,
    only_added,
    shape_text,
    value_text,
)
from layers.errors import LayerError
from layers.hash_chain import Chain, examine, is_chained, seal_behind
from layers.validate import row_names, validate
from layers.workspace.changes import (
    BEHIND_BREAK,
    EVENTS,
    SEALED_LAYERS,
    WayBack,
    change_hash,
    examine_changes,
    head_of,
    keep_rows,
    seal_digests,
    seal_rows,
    seals_of,
    some_names,
    way_back,
    whole_number,
)
from layers.workspace.protocol import Provenance
from layers.workspace.records import AUDIT, CHANGES, META, PROVENANCE, QUARANTINE, SEALS, Tables

MEMORY_PREFIX = "memory:"
"""Marks what is kept for later among the facts of a workspace."""


def frame_hash(frame: pd.DataFrame, contract: Contract) -> str:
    """Hash rows in the order of their keys, so that the order in the file is irrelevant.

    sha256 over every value as text and every shape as WKB.
    """
    ordered = frame.sort_values(list(key_columns(contract)), kind="stable")
    digest = hashlib.sha256()
    plain = pd.DataFrame(ordered).drop(columns="geometry", errors="ignore")
    digest.update(plain.to_csv(index=False).encode())
    if isinstance(ordered, gpd.GeoDataFrame):
        # A part alone and a collection of one part are the same land.
        shapes = shapely.normalize(np.asarray(ordered.geometry.array, dtype=object))
        for shape in shapes:
            digest.update(b"-" if shape is None else shapely.to_wkb(_unwrapped(shape)))
    return digest.hexdigest()


def _unwrapped(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_num_geometries(shape)
    return shapely.get_geometry(shape, 0) if parts == 1 else shape


class WorkspaceEdit:
    """Changes that take effect together: one numbered change.

    ``tables``: Layers and records within the transaction.
    ``actor, at``: Who changes it, and when (ISO).
    ``kind, reason``: What sort of change it is (``Change.kind``), and why it is made.
    """

    def __init__(self, tables: Tables, actor: str, at: str, kind: str, reason: str) -> None:
        self._tables = tables
        self._actor = actor
        self._at = at
        self._kind = kind
        self._reason = reason
        self._number = 0
        self._undoes: int | None = None
        self._breaks = 0
        self._is_guarded = False
        self._progress: Progress | None = None
        self.last_changes: Changes | None = None
        """What the last ``add``, ``replace`` or ``update`` did to its layer."""
        self._before: dict[str, list[dict[str, object]]] = {}
        self._sealed: dict[str, list[str]] = {}
        self._chains: dict[str, Chain] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed yet."""
        return self._number == 0

    @property
    def number(self) -> int:
        """Number of the change, 0 while nothing was changed."""
        return self._number

    def tell(self, progress: Progress | None) -> None:
        """Tell a listener how far the next change of a layer is; its error ends the whole edit."""
        self._progress = progress

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer or table as it stands within this set of changes."""
        return self._tables.rows(contract_of(layer))

    def replace(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Put these rows in the place of all rows of the layer."""
        contract = contract_of(layer)
        self._guard(layer)
        current = self._tables.rows(contract)
        if contract.append_only and len(current):
            raise LayerError("layer_append_only", layer=layer)
        newer = self._checked(contract, frame)
        changes = compare_editions(current, newer, contract, is_whole=True)
        self._open()
        self._tables.replace(contract, newer, self._at, within(self._progress, 0.4, 0.9))
        entry = self._note(layer, "replace", len(newer), provenance)
        self.last_changes = changes
        keep_rows(self._tables, contract, changes, self._at, entry)
        self._seal(layer, [*changes.added_ids, *changes.changed_ids, *changes.removed_ids])

    def add(self, layer: str, frame: pd.DataFrame, provenance: Provenance) -> None:
        """Add rows; an existing key raises ``key_exists``."""
        contract = contract_of(layer)
        self._guard(layer)
        common = _names(frame, contract).intersection(self._tables.names(contract))
        if len(common):
            raise LayerError("key_exists", layer=layer, rows=some_names(common))
        newer = self._checked(contract, frame)
        self._open()
        self._tables.put(contract, newer, self._at, within(self._progress, 0.3, 0.8))
        entry = self._note(layer, "add", len(newer), provenance)
        self.last_changes = only_added(newer, contract)
        report(self._progress, 0.9)
        keep_rows(self._tables, contract, self.last_changes, self._at, entry)
        self._seal(layer, self.last_changes.added_ids)

    def update(
        self,
        layer: str,
        frame: pd.DataFrame,
        provenance: Provenance,
        seen: pd.DataFrame | None = None,
    ) -> None:
        """Replace rows by key; an unknown key raises ``key_absent``.

        ``seen``: The rows as they were when the new ones were thought of; a row that differs from
        it by now raises ``row_changed_meanwhile``.
        """
        contract = contract_of(layer)
        self._guard(layer)
        if contract.append_only:
            raise LayerError("layer_append_only", layer=layer)
        names = _names(frame, contract)
        if len(absent := names.difference(self._tables.names(contract))):
            raise LayerError("key_absent", layer=layer, rows=some_names(absent))
        current = self._tables.rows(contract, names)
        if seen is not None:
            _require_as_seen(current, seen, frame, contract)
        newer = self._checked(contract, frame)
        changes = compare_editions(current, newer, contract, is_whole=False)
        self._open()
        self._tables.put(contract, newer, self._at, within(self._progress, 0.4, 0.9))
        entry = self._note(layer, "update", len(newer), provenance)
        self.last_changes = changes
        keep_rows(self._tables, contract, changes, self._at, entry)
        self._seal(layer, changes.changed_ids)

    def quarantine(self, layer: str, frame: pd.DataFrame, reasons: pd.Series) -> None:
        """Keep rows that failed, with their reasons (both by the frame's index)."""
        contract = contract_of(layer)
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).astype("object")
        shapes = np.full(len(frame), None, dtype=object)
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = shapely.to_wkt(np.asarray(frame.geometry.array, dtype=object))
        names = [str(name) for name in plain.columns]
        self._note(layer, "quarantine", len(frame), None)
        rows = []
        for row, reason, wkt in zip(
            plain.itertuples(index=False, name=None), reasons.loc[frame.index], shapes, strict=True
        ):
            values = {k: v for k, v in zip(names, row, strict=True) if pd.notna(v)}
            data = json.dumps(values, ensure_ascii=False, default=str)
            rows.append(
                {
                    "at": self._at, "layer": layer, "row": str(values.get(contract.key, "")),
                    "reasons": str(reason), "data": data, "wkt": wkt, "change": self._number,
                }
            )  # fmt: skip
        self._tables.append_all(QUARANTINE, rows)

    def replace_raster(
        self, name: str, raster: Raster, provenance: Provenance | None = None
    ) -> None:
        """Put this raster, in the workspace's system, in the place of that of the name."""
        if name not in RASTERS:
            raise LayerError("raster_unknown", name=name, known=", ".join(RASTERS))
        crs = self._tables.crs
        if raster.crs is None or not same_crs(raster.crs, crs):
            raise LayerError("raster_crs_differs", name=name, wanted=crs_label(crs))
        self._open()
        self._tables.replace_raster(name, raster, self._progress)
        self._note(name, "raster", raster.cells.size, provenance)

    def remember(self, key: str, text: str) -> None:
        """Keep a text for later, in the place of the one kept under this key."""
        self._open()
        self._tables.append(META, {"key": MEMORY_PREFIX + key, "value": text})

    def record(self, action: str, text: str) -> None:
        """Record something that changes no layer of itself."""
        self._open()
        self._reason = f"{self._reason} {text}".strip()
        self._note("", action, 0, None)

    def undo(self, number: int) -> list[WayBack]:
        """Undo a change; what stands in its way raises as ``way_back``."""
        for layer in (EVENTS, *SEALED_LAYERS):
            self._guard(layer)
        layers = way_back(self._tables, number)
        sources = self._tables.records(CHANGES, change=number)[0]["sources"]
        self._open()
        self._undoes = number
        for part in layers:
            self._put_back(part)
        for layer, (gone, come) in json.loads(str(sources or "{}")).items():
            if layer == EVENTS:
                continue
            self._sources_before(layer)
            for source in come:
                self._tables.forget(PROVENANCE, **source)
            for source in gone:
                self._tables.append(PROVENANCE, source)
        return layers

    def _correct(self, part: WayBack) -> None:
        """Withdraw entries of the ledger by entries of their own: they are never taken out."""
        contract = part.contract
        events = self._tables.rows(contract)
        withdrawn = events[_names(events, contract).isin(part.remove)]
        first = int(events["entry_seq"].max()) + 1
        rows = [
            {
                "event_id": f"sj-{seq:05d}", "project_id": event["project_id"],
                "event_kind": "corrected", "corrects": event["event_id"],
                "event_on": self._at[:10], "entered_at": self._at, "entry_seq": seq,
                "unit_id": event["unit_id"], "actor": self._actor, "detail": self._reason or None,
            }
            for seq, event in enumerate(withdrawn.to_dict("records"), start=first)
        ]  # fmt: skip
        source = Provenance(source=self._actor, imported_at=self._at)
        self.add(contract.name, pd.DataFrame(rows), source)

    def _put_back(self, part: WayBack) -> None:
        contract = part.contract
        if contract.append_only:
            self._correct(part)
            return
        back = _names(part.restore, contract)
        touched = part.remove.append(back)
        current = self._tables.rows(contract, touched)
        if len(part.remove):
            self._tables.delete(contract, part.remove, self._at)
        if len(part.restore):
            self._tables.put(contract, part.restore, self._at)
        entry = self._note(contract.name, "undo", len(touched), None)
        changes = compare_editions(current, part.restore, contract, is_whole=True)
        keep_rows(self._tables, contract, changes, self._at, entry)
        self._seal(contract.name, list(touched))

    def close(self) -> None:
        """Seal the change; nothing may come after it."""
        if self.is_empty:
            return
        for layer, names in self._sealed.items():
            seal_rows(self._tables, contract_of(layer), names)
        previous = self._tables.records(CHANGES)
        before = seals_of(previous[-1]) if previous else {}
        touched = self._sealed if previous else SEALED_LAYERS
        if previous and not self._is_guarded:
            self._breaks = whole_number(previous[-1]["breaks"])
        digests = seal_digests(self._tables, before, touched)
        record = {
            "change": self._number, "at": self._at, "actor": self._actor, "kind": self._kind,
            "reason": self._reason, "undoes": self._undoes, "breaks": self._breaks,
            "sources": json.dumps(self._sources_changed(), ensure_ascii=False),
            "seals": json.dumps(digests, sort_keys=True),
        }  # fmt: skip
        audit = self._tables.records(AUDIT, change=self._number)
        head = head_of(self._tables)
        hashes = {"previous_sha256": head, "row_sha256": change_hash(head, record, audit)}
        self._tables.append(CHANGES, {**record, **hashes})

    def _open(self) -> None:
        """Take the next number, before the first thing is changed."""
        if self._number:
            return
        changes = self._tables.records(CHANGES)
        self._number = int(str(changes[-1]["change"])) + 1 if changes else 1
        if not changes and not self._tables.records(SEALS):
            for layer in SEALED_LAYERS:  # a file older than the seals: they hold from now on
                seal_rows(self._tables, contract_of(layer), self._tables.names(contract_of(layer)))

    def _guard(self, layer: str) -> None:
        """Count what was changed outside: what is entered behind it says so.

        Nothing of the ledger may be written before, or the change would be held against old seals.
        """
        if layer in {*SEALED_LAYERS, EVENTS} and not self._is_guarded:
            self._is_guarded = True
            self._breaks = sum(
                problem.code != BEHIND_BREAK
                for problem in examine_changes(self._tables, self._chain(contract_of(EVENTS)))
            )

    def _seal(self, layer: str, names: Sequence[str]) -> None:
        if layer in SEALED_LAYERS and len(names):
            self._sealed.setdefault(layer, []).extend(names)

    def _checked(self, contract: Contract, frame: pd.DataFrame) -> pd.DataFrame:
        crs = self._tables.crs
        if isinstance(frame, gpd.GeoDataFrame) and (
            frame.crs is None or not same_crs(frame.crs, crs)
        ):
            raise LayerError("crs_differs", layer=contract.name, wanted=crs.name)
        judged = validate(frame, contract, crs, within(self._progress, 0.0, 0.3))
        judged.raise_if_bad()
        if not is_chained(contract):
            return judged.accepted
        sealed, chain = seal_behind(self._chain(contract), judged.accepted, contract)
        self._chains[contract.name] = chain
        return sealed

    def _chain(self, contract: Contract) -> Chain:
        """Give the chain of entries as it stands within this set of changes."""
        if contract.name not in self._chains:
            self._chains[contract.name] = examine(self._tables.rows(contract), contract)
        return self._chains[contract.name]

    def _note(self, layer: str, action: str, rows: int, provenance: Provenance | None) -> int:
        self._open()
        entry = self._tables.append(
            AUDIT,
            {
                "at": self._at, "actor": self._actor, "layer": layer, "action": action,
                "rows": rows, "change": self._number,
            },
        )  # fmt: skip
        if provenance is None:
            return entry
        if layer in CONTRACTS:
            self._sources_before(layer)
        if action in {"replace", "raster"}:
            self._tables.forget(PROVENANCE, layer=layer)
        p = provenance
        self._tables.append(
            PROVENANCE,
            {
                "layer": layer, "action": action, "rows": rows, "source": p.source,
                "imported_at": p.imported_at, "edition": p.edition, "licence": p.licence,
                "sha256": p.sha256, "detail": p.detail, "change": self._number,
            },
        )  # fmt: skip
        return entry

    def _sources_before(self, layer: str) -> None:
        """Keep the sources of a layer as they were before the change."""
        if layer not in self._before:
            self._before[layer] = self._sources(layer)

    def _sources(self, layer: str) -> list[dict[str, object]]:
        listed = self._tables.records(PROVENANCE, layer=layer)
        return [{name: source[name] for name in source if name != "seq"} for source in listed]

    def _sources_changed(
        self,
    ) -> dict[str, tuple[list[dict[str, object]], list[dict[str, object]]]]:
        """Give by layer the sources that the change took out, and those it put in."""
        changed = {}
        for layer, before in self._before.items():
            now = self._sources(layer)
            gone = [source for source in before if source not in now]
            changed[layer] = (gone, [source for source in now if source not in before])
        return changed


def _require_as_seen(
    current: pd.DataFrame, seen: pd.DataFrame, wanted: pd.DataFrame, contract: Contract
) -> None:
    """Refuse rows that somebody changed since they were looked at, with both values."""
    names = _names(current, contract)
    looked_at = seen[_names(seen, contract).isin(names)]
    changes = compare_editions(looked_at, current, contract, is_whole=False)
    if not changes.changed_ids:
        return
    differs = first_difference(changes)
    yours = wanted[_names(wanted, contract) == differs.row]
    if differs.column == "geometry":
        value = shape_text(yours, 0)
    else:
        value = (
            value_text(yours[differs.column].iloc[0])
            if differs.column in yours.columns
            else NOTHING
        )
    raise LayerError(
        "row_changed_meanwhile", layer=contract.name, row=differs.row, column=differs.column,
        seen=differs.before, now=differs.after, yours=value,
        rows=some_names(changes.changed_ids),
    )  # fmt: skip


def _names(frame: pd.DataFrame, contract: Contract) -> pd.Index:
    return pd.Index(row_names(frame, contract), dtype=object)
