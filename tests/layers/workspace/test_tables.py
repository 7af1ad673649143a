"""Tables as other programs find them: numbers of rows, counts, extents, indexes."""

import shutil
import sqlite3
import subprocess
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from layers.contracts import contract_of
from layers.errors import LayerError
from layers.workspace.geopackage import GeoPackageTables, create_workspace
from layers.workspace.protocol import Provenance
from layers.workspace.sqlite_file import connect

AT = "2025-03-04T05:06:07"
SOURCE = Provenance("test", AT)


def parcels(*ids, name=None, east=0):
    shapes = [shapely.box(571_000 + 200 * ord(i[0]) + east, 3.4e6, 571_100 + 200 * ord(i[0]) + east,
                          3.4e6 + 100) for i in ids]  # fmt: skip
    return gpd.GeoDataFrame({"parcel_id": list(ids), "name": name}, geometry=shapes, crs=4549)


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at=AT)
    with made.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "B", "C"), SOURCE)
    return made


def ask(workspace, statement):
    with closing(sqlite3.connect(workspace.path)) as connection:
        return connection.execute(statement).fetchall()


def numbers(workspace):
    return dict(ask(workspace, "SELECT parcel_id, fid FROM land_parcels"))


def test_a_row_keeps_its_number_as_long_as_its_key_stays(workspace):
    assert numbers(workspace) == {"A": 1, "B": 2, "C": 3}
    with workspace.edit("a", AT) as edit:
        edit.update("land_parcels", parcels("B", name="新"), SOURCE)
    assert numbers(workspace) == {"A": 1, "B": 2, "C": 3}
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("D", "C", "B"), SOURCE)
    assert numbers(workspace) == {"B": 2, "C": 3, "D": 4}


def test_a_number_is_never_given_twice(workspace):
    contract = contract_of("land_parcels")
    with closing(connect(workspace.path, writing=True)) as connection:
        GeoPackageTables(connection, CRS(4549), workspace.path).delete(contract, ["C"], AT)
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("D"), SOURCE)
    assert numbers(workspace) == {"A": 1, "B": 2, "D": 4}
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A"), SOURCE)
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "E"), SOURCE)
    assert numbers(workspace) == {"A": 1, "E": 5}


def test_gdal_finds_count_and_extent_as_they_are(workspace):
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("Z"), SOURCE)
        edit.update("land_parcels", parcels("A", east=-50), SOURCE)
    info = pyogrio.read_info(workspace.path, layer="land_parcels", force_total_bounds=True)
    west, east = 571_000 + 200 * ord("A") - 50, 571_100 + 200 * ord("Z")
    assert info["features"] == 4
    assert info["total_bounds"] == pytest.approx((west, 3.4e6, east, 3.4e6 + 100), abs=0.1)
    assert ask(workspace, "SELECT feature_count FROM gpkg_ogr_contents "
                          "WHERE table_name = 'land_parcels'") == [(4,)]  # fmt: skip
    if shutil.which("ogrinfo"):
        command = ["ogrinfo", "-so", "-ro", str(workspace.path), "land_parcels"]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "Feature Count: 4" in told.stdout


@pytest.mark.parametrize("count", [3, 700])
def test_the_spatial_index_follows_every_change(workspace, count):
    """700 rows fill the index at once, 3 go through its triggers."""
    ids = [f"{chr(65 + n % 26)}{n}" for n in range(count)]
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels(*ids), SOURCE)
        edit.update("land_parcels", parcels(ids[0], east=9_000), SOURCE)
    index = "rtree_land_parcels_geometry"
    assert ask(workspace, f"SELECT rtreecheck('{index}')") == [("ok",)]
    assert ask(workspace, f"SELECT count(*) FROM {index}") == [(count,)]
    reach = 571_000 + 200 * 65 + 9_000
    box = (reach - 10, 3.4e6, reach + 10, 3.4e6 + 10)
    seen = pyogrio.read_dataframe(workspace.path, layer="land_parcels", bbox=box)
    assert ids[0] in set(seen["parcel_id"])
    triggers = ask(workspace, f"SELECT count(*) FROM sqlite_master WHERE type = 'trigger' "
                              f"AND name LIKE '{index}%'")  # fmt: skip
    assert triggers[0][0] >= 6, "other programs go on filling the index"


def test_indexes_and_tables_of_other_programs_survive(workspace):
    with closing(sqlite3.connect(workspace.path)) as connection, connection:
        connection.execute("CREATE INDEX by_name ON land_parcels (name)")
        connection.execute("CREATE TABLE layer_styles (style TEXT)")
        connection.execute("INSERT INTO layer_styles VALUES ('红')")
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "B"), SOURCE)
        edit.update("land_parcels", parcels("A", name="新"), SOURCE)
    assert ask(workspace, "SELECT tbl_name FROM sqlite_master WHERE name = 'by_name'") == [
        ("land_parcels",)
    ]
    assert ask(workspace, "SELECT style FROM layer_styles") == [("红",)]


def rule(workspace, *statements):
    with closing(connect(workspace.path, writing=True)) as connection:
        for statement in statements:
            connection.execute(statement)


def rules(workspace):
    return {name for (name,) in ask(
        workspace, "SELECT name FROM sqlite_master WHERE type IN ('trigger', 'index', 'view')"
    )}  # fmt: skip


def test_triggers_and_views_of_other_programs_survive_and_go_on_working(workspace):
    rule(
        workspace,
        "CREATE TABLE log (parcel TEXT)",
        "CREATE TRIGGER qgis_log AFTER UPDATE OF name ON land_parcels "
        "BEGIN INSERT INTO log VALUES (NEW.parcel_id); END",
        "CREATE TRIGGER calls_its_own AFTER DELETE ON land_parcels WHEN OLD.fid < 0 "
        "BEGIN SELECT theirs(OLD.name); END",
        "CREATE VIEW short AS SELECT parcel_id FROM land_parcels",
        "CREATE INDEX folded ON land_parcels (lower(name))",
    )
    before = rules(workspace)
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "B", "D", name="新"), SOURCE)
    assert rules(workspace) == before
    assert ask(workspace, "SELECT count(*) FROM log") == [(0,)], "no row was edited"
    assert ask(workspace, "SELECT count(*) FROM short") == [(3,)]
    rule(workspace, "UPDATE land_parcels SET name = '再' WHERE parcel_id = 'D'")
    assert ask(workspace, "SELECT parcel FROM log") == [("D",)]


@pytest.mark.parametrize(
    "statement",
    ["CREATE TRIGGER theirs AFTER INSERT ON land_parcels BEGIN SELECT NEW.src_note; END",
     "CREATE TRIGGER theirs AFTER UPDATE ON land_parcels BEGIN SELECT OLD.src_note; END",
     "CREATE INDEX theirs ON land_parcels (lower(src_note))"],
)  # fmt: skip
def test_a_rule_of_others_without_its_column_refuses_the_replacement(workspace, statement):
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A").assign(src_note="x"), SOURCE)
    rule(workspace, statement)
    before = workspace.content_hash("land_parcels")
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("B"), SOURCE)
    assert caught.value.code == "rule_homeless"
    assert caught.value.values == {
        "layer": "land_parcels", "rule": "theirs", "column": "src_note",
    }  # fmt: skip
    assert workspace.content_hash("land_parcels") == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [("CREATE UNIQUE INDEX theirs ON land_parcels (name)", "land_parcels.name"),
     ("CREATE TRIGGER theirs BEFORE INSERT ON land_parcels "
      "BEGIN SELECT RAISE(ABORT, 'closed for the year'); END", "closed for the year"),
     ("CREATE TRIGGER theirs AFTER INSERT ON land_parcels BEGIN SELECT theirs(NEW.name); END",
      "no such function: theirs")],
    ids=["unique", "raises", "own function"],
)  # fmt: skip
def test_a_change_that_a_rule_of_others_forbids_says_so(workspace, statement, said):
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", name="甲"), SOURCE)
    rule(workspace, statement)
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("B", name="甲"), SOURCE)
    assert caught.value.code == "rule_of_others"
    assert said in str(caught.value.values["said"])
    assert len(workspace.read("land_parcels")) == 1


def test_a_column_that_comes_later_is_added_and_values_of_any_kind_stay(workspace):
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("D").assign(src_备注=["旧", ]), SOURCE)  # fmt: skip
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("E").assign(src_数=[7]), SOURCE)
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("F").assign(src_数=["约8"]), SOURCE)
    back = workspace.read("land_parcels").set_index("parcel_id")
    assert back.loc["D", "src_备注"] == "旧"
    assert str(back.loc["F", "src_数"]) == "约8"
    assert float(back.loc["E", "src_数"]) == 7
