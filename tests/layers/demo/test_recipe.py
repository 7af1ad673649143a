from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml

from layers.demo.drawing import meander, planned_area, slivers, stream, survey_noise
from layers.demo.recipe import read_recipe
from layers.errors import LayerError

RECIPE = Path(__file__).resolve().parents[3] / "data" / "demo" / "jiaxing.yaml"


def changed(tmp_path: Path, change) -> Path:
    data = yaml.safe_load(RECIPE.read_text("utf-8"))
    change(data)
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def test_every_source_named_is_listed():
    recipe = read_recipe(RECIPE)
    named = {row.source for row in [*recipe.units, *recipe.zones, *recipe.platforms]}
    assert named <= set(recipe.sources)


def test_the_nodes_of_the_outline_lie_on_the_coarse_grid():
    nodes = np.array(read_recipe(RECIPE).outline)
    assert np.allclose(nodes * 20, np.round(nodes * 20))


def test_a_misspelt_key_is_named_with_the_nearest_known_one(tmp_path):
    def change(data):
        data["platforms"][0]["levle"] = data["platforms"][0].pop("level")

    with pytest.raises(LayerError) as caught:
        read_recipe(changed(tmp_path, change))
    assert caught.value.code == "demo_recipe_key_unknown"
    assert caught.value.values["nearest"] == "level"


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(LayerError) as caught:
        read_recipe(changed(tmp_path, lambda data: data["units"][0].pop("seats")))
    assert (caught.value.code, caught.value.values["key"]) == ("demo_recipe_key_missing", "seats")


def test_a_missing_or_broken_file_is_said(tmp_path):
    with pytest.raises(LayerError) as missing:
        read_recipe(tmp_path / "none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1", encoding="utf-8")
    with pytest.raises(LayerError) as unreadable:
        read_recipe(broken)
    assert missing.value.code == "demo_recipe_missing"
    assert unreadable.value.code == "demo_recipe_unreadable"


def test_a_planned_area_is_fitted_to_its_size_also_where_a_border_cuts_it():
    room = shapely.box(0, 0, 3_000, 3_000)
    shape = planned_area((300, 300), 1e6, turn=20, stretch=1.5, rng=stream(1, "area"), within=room)
    assert shape.area == pytest.approx(1e6, rel=1e-3)
    assert shape.within(room)


def test_a_wandering_course_keeps_its_ends():
    line = np.array([[0.0, 0.0], [10_000.0, 0.0]])
    bent = meander(line, 0.05, 1_000, stream(1, "course"))
    assert np.array_equal(bent[[0, -1]], line)
    assert np.hypot(*np.diff(bent, axis=0).T).max() <= 1_000


def test_streams_of_two_subjects_are_independent_and_repeatable():
    first, second = stream(3, "a").random(4), stream(3, "b").random(4)
    assert np.array_equal(first, stream(3, "a").random(4))
    assert not np.array_equal(first, second)


def test_noise_moves_edges_by_centimetres_to_decimetres_and_keeps_every_parcel_valid():
    x, y = np.meshgrid(np.arange(40) * 150.0, np.arange(40) * 170.0)
    parcels = shapely.box(x.ravel(), y.ravel(), x.ravel() + 150, y.ravel() + 170)
    noisy = survey_noise(parcels, stream(1, "noise"))
    moved = ~shapely.equals_exact(shapely.normalize(noisy), shapely.normalize(parcels), 1e-3)
    assert shapely.is_valid(noisy).all()
    assert 0.15 < moved.mean() < 0.4
    assert shapely.hausdorff_distance(noisy, parcels).max() < 10
    thin, beside = slivers(parcels, stream(1, "slivers"))
    assert shapely.distance(thin, parcels[beside]).max() == 0
    assert shapely.area(shapely.intersection(thin, parcels[beside])).max() < 0.2
