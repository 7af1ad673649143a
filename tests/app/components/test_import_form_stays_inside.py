"""An import writes nothing outside the folder of its workspace, whatever the file claims."""

import io
import struct
import zipfile

import geopandas as gpd
import pyogrio
import pytest
import shapely

EAST, NORTH = 571_000.0, 3_400_000.0
GIGABYTE = 1024**3


@pytest.fixture
def places(tmp_path, muplan):
    """A folder with a workspace, and one beside it that must stay as it is."""
    inside, beside = tmp_path / "inside", tmp_path / "beside"
    inside.mkdir()
    beside.mkdir()
    (beside / "kept.txt").write_text("kept")
    assert muplan("new", inside / "市.gpkg").code == 0
    return inside, beside


def content(folder):
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def shapefile(tmp_path):
    """The parts of a sound Shapefile by their endings."""
    folder = tmp_path / "made"
    folder.mkdir()
    rows = gpd.GeoDataFrame(
        {"parcel_id": ["P1"]}, geometry=[shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)],
        crs="EPSG:4549",
    )  # fmt: skip
    pyogrio.write_dataframe(rows, folder / "a.shp")
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "stem", ["../beside/a", "..\\beside\\a", "/tmp/a", "C:\\a", "x/../../beside/a"]
)
def test_an_archive_that_points_out_of_itself_is_refused(places, shapefile, refused, stem):
    inside, beside = places
    path = zipped(inside / "in.zip", {f"{stem}{end}": part for end, part in shapefile.items()})
    before = content(beside), content(inside)
    assert "in.zip" in refused("import", inside / "市.gpkg", path, "--layer", "land_parcels")
    assert (content(beside), content(inside)) == before


def test_a_shapefile_deep_in_an_archive_leaves_no_file_behind(places, shapefile, muplan):
    inside, beside = places
    members = {f"甲/乙/丙{end}": part for end, part in shapefile.items()}
    path = zipped(inside / "in.zip", members)
    before = content(beside), set(content(inside))
    ran = muplan("import", inside / "市.gpkg", path, "--layer", "land_parcels", "--json")
    assert ran.json["accepted"] == 1
    after = set(content(inside)) - {"市.gpkg.backups"}
    assert (content(beside), after) == before


def test_a_file_that_claims_a_gigabyte_is_refused_before_it_is_unpacked(
    places, shapefile, refused, monkeypatch
):
    inside, _ = places
    path = zipped(inside / "in.zip", {f"a{end}": part for end, part in shapefile.items()})
    # The list of contents claims four gigabytes, which the archive itself does not hold.
    raw = bytearray(path.read_bytes())
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
        at = raw.find(b"PK\x01\x02", at + 4)
    path.write_bytes(raw)
    monkeypatch.setattr(
        zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("something was unpacked")
    )
    assert "in.zip" in refused("import", inside / "市.gpkg", path, "--layer", "land_parcels")


def test_a_bomb_of_zeros_is_refused_by_what_it_says_it_holds(places, refused, monkeypatch):
    inside, _ = places
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        block = bytes(16 * 1024**2)
        for number in range(3):
            with archive.open(f"a{number}.shp", "w", force_zip64=True) as member:
                for _ in range(3):
                    member.write(block)
    path = inside / "bomb.zip"
    path.write_bytes(buffer.getvalue())
    monkeypatch.setattr("layers.exchange.readers.shapefile.MAX_UNPACKED_BYTES", 100 * 1024**2)
    monkeypatch.setattr(
        zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("something was unpacked")
    )
    assert "bomb.zip" in refused("import", inside / "市.gpkg", path, "--layer", "land_parcels")


def test_names_with_separators_in_the_data_make_no_files(places, muplan):
    inside, beside = places
    path = inside / "in.gpkg"
    rows = gpd.GeoDataFrame(
        {"parcel_id": ["../../beside/x"], "../列/名": ["/etc/passwd"]},
        geometry=[shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)], crs="EPSG:4549",
    )  # fmt: skip
    pyogrio.write_dataframe(rows, path, layer="层")
    before = content(beside)
    report = inside / "核查.gpkg"
    ran = muplan("import", inside / "市.gpkg", path, "--layer", "land_parcels", "--report", report,
                 "--json")  # fmt: skip
    assert ran.json["accepted"] == 1
    assert content(beside) == before
    assert set(content(inside)) - {"市.gpkg.backups"} == {"in.gpkg", "市.gpkg", "核查.gpkg"}


def test_the_report_never_takes_the_place_of_a_workspace(places, shapefile, refused):
    inside, _ = places
    path = zipped(inside / "in.zip", {f"a{end}": part for end, part in shapefile.items()})
    workspace = inside / "市.gpkg"
    held = workspace.read_bytes()
    sentence = refused("import", workspace, path, "--layer", "land_parcels", "--report", workspace,
                       "--dry-run")  # fmt: skip
    assert "市.gpkg" in sentence
    assert workspace.read_bytes() == held
