"""What the command line states of a file's place, and the one sentence where it must."""

import geopandas as gpd
import shapely


def lots(folder, axis="yx"):
    shapes = [shapely.box(571_000 + 300 * i, 3.4e6, 571_200 + 300 * i, 3.4002e6) for i in range(2)]
    frame = gpd.GeoDataFrame({"地块编号": ["A", "B"]}, geometry=shapes, crs=4549)
    turned = shapely.transform(frame.geometry.array, lambda points: points[:, ::-1])
    path = folder / "in.parquet"
    gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=turned).to_parquet(path)
    return path


def test_an_undecided_place_is_one_sentence_with_what_to_type(muplan, refused, tmp_path):
    workspace, path = tmp_path / "w.gpkg", lots(tmp_path)
    assert muplan("new", workspace).code == 0
    sentence = refused("import", workspace, path, "--layer", "land_parcels")
    assert "--crs EPSG:4549 --axis yx" in sentence
    options = ("--layer", "land_parcels", "--crs", "EPSG:4549", "--axis", "yx", "--json")
    found = muplan("import", workspace, path, *options, "--shift", "none").json
    assert (found["accepted"], found["quarantined"]) == (2, 0)
    assert {"axes_swapped", "shift_denied"} <= {note["code"] for note in found["detected"]}
    wrong = refused("import", workspace, path, *options[:4], "--axis", "ne")
    assert "xy" in wrong
    assert "gcj02" in refused("import", workspace, path, *options[:4], "--shift", "gcj")
    assert "1,2" in refused("import", workspace, path, *options[:4], "--datum", "1,2")
