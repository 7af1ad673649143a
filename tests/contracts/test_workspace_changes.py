"""Numbered changes of every store: the way back, what was seen, and what was changed outside."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.raster import Raster
from layers.contracts import contract_of
from layers.errors import LayerError
from layers.workspace.protocol import Provenance
from layers.workspace.records import AUDIT, CHANGES, SEALS
from tests.workspace_stores import AT, CITY, STORES

FIRST, SECOND = Provenance("一.xlsx", AT), Provenance("二.xlsx", AT)
PARCELS = contract_of("land_parcels")


@pytest.fixture(params=STORES.values(), ids=STORES)
def workspace(request, tmp_path):
    return request.param(tmp_path)


def parcels(*ids, name="甲", east=0.0):
    shapes = [
        shapely.box(571_000 + east + 200 * ord(i), 3.4e6, 571_100 + east + 200 * ord(i), 3.4e6 + 99)
        for i in ids
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {"parcel_id": list(ids), "name": [name] * len(ids)}, geometry=shapes, crs=CITY
    )


def projects(*ids, stage="in_talks"):
    return pd.DataFrame({"project_id": list(ids), "stage": stage, "name": list(ids)})


def events(*numbers):
    return pd.DataFrame(
        {"event_id": [f"E{n}" for n in numbers], "project_id": "P", "event_kind": "signed",
         "event_on": "2024-01-01", "entered_at": AT, "entry_seq": list(numbers)}
    )  # fmt: skip


def does(workspace, action, *values, kind="edit", **named):
    with workspace.edit("规划员", AT, kind=kind) as edit:
        getattr(edit, action)(*values, **named)
    return edit.number


def undo(workspace, number):
    return does(workspace, "undo", number, kind="undo")


def names(workspace):
    rows = workspace.read("land_parcels")
    return dict(zip(rows["parcel_id"], rows["name"], strict=True))


def sources(workspace, layer="land_parcels"):
    facts = {fact.name: fact for fact in workspace.layers()}
    return sorted(source.source for source in facts[layer].sources)


def outside(workspace):
    return [(change.code, change.layer, change.row) for change in workspace.outside_changes()]


def with_tables(workspace, work):
    """Change layers and records behind the back of the product."""
    if hasattr(workspace, "path"):
        from contextlib import closing

        from layers.workspace.geopackage import GeoPackageTables
        from layers.workspace.sqlite_file import connect

        with closing(connect(workspace.path, writing=True)) as connection:
            work(GeoPackageTables(connection, CITY, workspace.path))
    else:
        work(workspace._tables)


# --- numbers -------------------------------------------------------------------------------------


def test_changes_are_numbered_with_who_why_and_what(workspace):
    with workspace.edit("甲", AT, kind="import", reason="季报") as edit:
        edit.replace("land_parcels", parcels("A", "B"), FIRST)
        edit.add("land_parcels", parcels("C"), SECOND)
    does(workspace, "update", "land_parcels", parcels("A", name="乙"), FIRST)
    first, second = workspace.changes()
    assert (first.number, first.actor, first.kind, first.reason, first.undoes) == (
        1, "甲", "import", "季报", None,
    )  # fmt: skip
    assert first.layers == (("land_parcels", "replace", 2), ("land_parcels", "add", 1))
    assert (second.number, second.layers) == (2, (("land_parcels", "update", 1),))
    assert workspace.head() == second.head != first.head
    assert outside(workspace) == []


# --- the way back --------------------------------------------------------------------------------


def test_an_addition_a_replacement_and_an_update_are_undone_with_their_sources(workspace):
    does(workspace, "replace", "land_parcels", parcels("A", "B"), FIRST)
    added = does(workspace, "add", "land_parcels", parcels("C"), SECOND)
    updated = does(workspace, "update", "land_parcels", parcels("A", name="乙", east=5), FIRST)
    undo(workspace, updated)
    assert names(workspace) == {"A": "甲", "B": "甲", "C": "甲"}
    assert sources(workspace) == ["一.xlsx", "二.xlsx"]
    undo(workspace, added)
    assert (names(workspace), sources(workspace)) == ({"A": "甲", "B": "甲"}, ["一.xlsx"])
    replaced = does(workspace, "replace", "land_parcels", parcels("B", "X", name="丙"), SECOND)
    assert sources(workspace) == ["二.xlsx"]
    undo(workspace, replaced)
    assert (names(workspace), sources(workspace)) == ({"A": "甲", "B": "甲"}, ["一.xlsx"])
    undo(workspace, 1)
    assert (names(workspace), sources(workspace)) == ({}, [])
    assert outside(workspace) == []


def test_an_undo_is_a_change_that_can_be_undone(workspace):
    does(workspace, "replace", "land_parcels", parcels("A"), FIRST)
    changed = does(workspace, "replace", "land_parcels", parcels("A", "B", name="乙"), SECOND)
    back = undo(workspace, changed)
    assert workspace.changes()[-1].undoes == changed
    with pytest.raises(LayerError) as caught:
        undo(workspace, changed)
    assert (caught.value.code, caught.value.values["by"]) == ("change_undone", back)
    undo(workspace, back)
    assert (names(workspace), sources(workspace)) == ({"A": "乙", "B": "乙"}, ["二.xlsx"])
    undo(workspace, changed)
    assert (names(workspace), sources(workspace)) == ({"A": "甲"}, ["一.xlsx"])


def test_undoing_leaves_later_changes_of_other_rows_and_their_sources(workspace):
    does(workspace, "replace", "land_parcels", parcels("A"), FIRST)
    added = does(workspace, "add", "land_parcels", parcels("B"), SECOND)
    does(workspace, "add", "land_parcels", parcels("C"), Provenance("三.xlsx", AT))
    undo(workspace, added)
    assert names(workspace) == {"A": "甲", "C": "甲"}
    assert sources(workspace) == ["一.xlsx", "三.xlsx"]


def test_a_change_that_others_built_upon_is_not_undone(workspace):
    does(workspace, "replace", "land_parcels", parcels("A", "B"), FIRST)
    added = does(workspace, "add", "land_parcels", parcels("C"), FIRST)
    later = does(workspace, "update", "land_parcels", parcels("C", name="乙"), FIRST)
    with pytest.raises(LayerError) as caught:
        undo(workspace, added)
    assert caught.value.code == "undo_built_upon"
    assert caught.value.values == {"change": added, "later": str(later), "rows": "C"}
    assert names(workspace) == {"A": "甲", "B": "甲", "C": "乙"}
    undo(workspace, later)
    undo(workspace, added)
    assert names(workspace) == {"A": "甲", "B": "甲"}


def test_rows_that_another_program_changed_since_are_not_undone(workspace):
    does(workspace, "replace", "land_parcels", parcels("A", "B"), FIRST)
    changed = does(workspace, "update", "land_parcels", parcels("A", name="乙"), FIRST)
    added = does(workspace, "add", "land_parcels", parcels("C"), FIRST)
    with_tables(workspace, lambda tables: tables.put(PARCELS, parcels("A", "C", name="外"), AT))
    for number, row in ((changed, "A"), (added, "C")):
        with pytest.raises(LayerError) as caught:
            undo(workspace, number)
        assert caught.value.code == "undo_changed_outside"
        assert caught.value.values == {"layer": "land_parcels", "rows": row}
    assert names(workspace) == {"A": "外", "B": "甲", "C": "外"}


def test_entries_rasters_restores_and_unknown_changes_are_not_undone(workspace):
    does(workspace, "replace", "project_events", events(1), FIRST)
    raster = Raster(np.ones((2, 2), dtype=np.float32), 571_000, 3.4e6, 10, 10, CITY)
    does(workspace, "replace_raster", "dem", raster)
    does(workspace, "record", "restore", "x", kind="restore")
    for number, code in ((1, "undo_ledger"), (2, "undo_raster"), (3, "undo_restore"),
                         (9, "change_unknown")):  # fmt: skip
        with pytest.raises(LayerError) as caught:
            undo(workspace, number)
        assert caught.value.code == code
    assert len(workspace.changes()) == 3


def test_rows_in_quarantine_go_and_come_with_the_change_that_kept_them_aside(workspace):
    def brings(*ids, mode="replace", aside=()):
        with workspace.edit("规划员", AT, kind="import") as edit:
            getattr(edit, mode)("land_parcels", parcels(*ids), FIRST)
            edit.quarantine("land_parcels", parcels(*aside), pd.Series(["x"] * len(aside)))
        return edit.number

    def aside():
        return workspace.quarantined()["row"].tolist()

    brings("A", aside="Q")
    added = brings("B", mode="add", aside="RS")
    assert aside() == ["Q", "R", "S"]
    replaced = brings("A", aside="T")
    assert aside() == ["T"], "those of the rows replaced go with them"
    with workspace.edit("规划员", AT) as edit:
        edit.quarantine("units", pd.DataFrame({"unit_id": ["U"]}), pd.Series(["x"]))
    assert aside() == ["T", "U"]
    back = undo(workspace, replaced)
    assert aside() == ["Q", "R", "S", "U"]
    undo(workspace, back)
    assert aside() == ["T", "U"]
    undo(workspace, replaced)
    back = undo(workspace, added)
    assert aside() == ["Q", "U"]
    undo(workspace, back)
    assert aside() == ["Q", "R", "S", "U"]
    undo(workspace, 4)
    assert aside() == ["Q", "R", "S"]


REFUSED = {"key_exists", "key_absent", "change_unknown", "change_undone", "undo_built_upon"}
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "update", "replace", "undo"]),
              st.lists(st.sampled_from("ABCD"), min_size=1, max_size=3, unique=True),
              st.sampled_from(["甲", "乙", None]), st.integers(0, 9)),
    max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("make", STORES.values(), ids=STORES)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_undoing_everything_from_the_last_gives_back_the_first_state(make, tmp_path_factory, steps):
    workspace = make(tmp_path_factory.mktemp("undo"))
    does(workspace, "replace", "land_parcels", parcels("A", "B"), FIRST)
    first, states = workspace.content_hash("land_parcels"), []
    for action, ids, name, place in steps:
        before = workspace.content_hash("land_parcels"), sources(workspace)
        count = len(workspace.changes())
        try:
            if action == "undo":
                undo(workspace, 2 + place % max(1, count - 1))
            else:
                does(workspace, action, "land_parcels", parcels(*ids, name=name, east=place),
                     SECOND)  # fmt: skip
        except LayerError as error:
            if error.code not in REFUSED:
                raise
            assert (workspace.content_hash("land_parcels"), sources(workspace)) == before
            assert len(workspace.changes()) == count
        else:
            states.append((workspace.changes()[-1].number, before))
    for number, before in reversed(states):
        undo(workspace, number)
        assert (workspace.content_hash("land_parcels"), sources(workspace)) == before
    assert workspace.content_hash("land_parcels") == first
    assert outside(workspace) == []


# --- what was seen -------------------------------------------------------------------------------


def test_a_row_changed_since_it_was_seen_is_refused_with_all_three_values(workspace):
    does(workspace, "replace", "land_parcels", parcels("A", "B"), FIRST)
    seen = workspace.read("land_parcels")
    does(workspace, "update", "land_parcels", parcels("A", name="他人"), FIRST)
    with pytest.raises(LayerError) as caught:
        does(workspace, "update", "land_parcels", parcels("A", "B", name="我"), FIRST, seen=seen)
    assert caught.value.code == "row_changed_meanwhile"
    assert caught.value.values == {
        "layer": "land_parcels", "row": "A", "column": "name", "seen": "甲", "now": "他人",
        "yours": "我", "rows": "A",
    }  # fmt: skip
    assert names(workspace) == {"A": "他人", "B": "甲"}
    does(workspace, "update", "land_parcels", parcels("B", name="我"), FIRST, seen=seen)
    assert names(workspace) == {"A": "他人", "B": "我"}


def test_a_shape_moved_since_it_was_seen_is_refused(workspace):
    does(workspace, "replace", "land_parcels", parcels("A"), FIRST)
    seen = workspace.read("land_parcels")
    does(workspace, "update", "land_parcels", parcels("A", east=3), FIRST)
    with pytest.raises(LayerError) as caught:
        does(workspace, "update", "land_parcels", parcels("A"), FIRST, seen=seen)
    assert (caught.value.code, caught.value.values["column"]) == (
        "row_changed_meanwhile", "geometry",
    )  # fmt: skip


# --- seals ---------------------------------------------------------------------------------------


@pytest.fixture
def ledger(workspace):
    does(workspace, "replace", "projects", projects("P", "Q"), FIRST)
    does(workspace, "replace", "project_events", events(1, 2), FIRST)
    does(workspace, "add", "projects", projects("R"), FIRST)
    assert outside(workspace) == []
    return workspace


@pytest.mark.parametrize(
    ("work", "wanted"),
    [
        (lambda t: t.put(contract_of("projects"), projects("Q", stage="signed"), AT),
         ("sealed_row_changed", "projects", "Q")),
        (lambda t: t.put(contract_of("projects"), projects("X"), AT),
         ("sealed_row_added", "projects", "X")),
        (lambda t: t.delete(contract_of("projects"), pd.Index(["P"]), AT),
         ("sealed_row_removed", "projects", "P")),
        (lambda t: t.delete(contract_of("project_events"), pd.Index(["E1"]), AT),
         ("chain_rows_removed", "project_events", "E2")),
        (lambda t: t.delete(contract_of("project_events"), pd.Index(["E2"]), AT),
         ("entries_altered", "project_events", "")),
        (lambda t: t.append(AUDIT, {**t.records(AUDIT)[0], "rows": 99}),
         ("change_altered", CHANGES, "1")),
        (lambda t: t.append(AUDIT, {**t.records(AUDIT)[2], "seq": 50}),
         ("change_altered", CHANGES, "3")),
        (lambda t: t.append(CHANGES, {**t.records(CHANGES)[1], "actor": "别人"}),
         ("change_altered", CHANGES, "2")),
        (lambda t: t.forget(CHANGES, change=2), ("changes_missing", CHANGES, "3")),
        (lambda t: t.forget(SEALS, row="P"), ("seals_altered", "projects", "")),
    ],
)  # fmt: skip
def test_what_is_changed_outside_shows_and_goes_on_showing(ledger, work, wanted):
    with_tables(ledger, work)
    assert wanted in outside(ledger)
    number = does(ledger, "add", "projects", projects("S"), FIRST)
    recorded = {}
    with_tables(ledger, lambda t: recorded.update(t.records(CHANGES, change=number)[0]))
    assert recorded["breaks"] > 0
    assert ("change_behind_break", CHANGES, str(number)) in outside(ledger)
    does(ledger, "add", "projects", projects("T"), FIRST)
    assert ("change_behind_break", CHANGES, str(number)) in outside(ledger)


def test_layers_outside_the_ledger_may_be_changed_by_other_programs(ledger):
    does(ledger, "replace", "land_parcels", parcels("A"), FIRST)
    with_tables(ledger, lambda tables: tables.put(PARCELS, parcels("A", name="外"), AT))
    assert outside(ledger) == []


def test_what_the_ledger_is_changed_by_here_is_never_taken_for_another_program(ledger):
    with ledger.edit("a", AT) as edit:  # the row before its entry, as an import does it
        edit.update("projects", projects("P", stage="signed"), FIRST)
        edit.add("project_events", events(3), FIRST)
    does(ledger, "replace", "projects", projects("P", "Q", stage="signed"), FIRST)
    assert ledger.outside_changes() == []
