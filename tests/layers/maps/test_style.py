from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import yaml

from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.maps.style import DATE_CLASSES, load_styles

FILE = Path(__file__).resolve().parents[3] / "data" / "styles" / "layers.yaml"

# Simulation of full dichromacy in linear RGB (Machado, Oliveira & Fernandes 2009).
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
WHITE = np.array([0.9505, 1.0, 1.089])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def seen_colour(mark, vision):
    rgb = np.array([int(mark.fill[at : at + 2], 16) for at in (1, 3, 5)])
    on_paper = (mark.opacity * rgb + (1 - mark.opacity) * 250) / 255
    linear = np.where(on_paper <= 0.04045, on_paper / 12.92, ((on_paper + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(TO_XYZ @ np.clip(vision @ linear, 0.001, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.fixture(scope="module")
def styles():
    return load_styles(FILE)


def test_every_layer_with_shapes_is_drawn(styles):
    spatial = {contract.name for contract in CONTRACTS.values() if contract.is_spatial}
    # what data cover is a table for people; few statements have a shape of their own
    spatial -= {"data_coverage"}
    assert {style.layer for style in styles.layers.values()} == spatial


def test_sub_parks_and_exiting_parks_are_layers_of_their_own(styles):
    dispositions = {
        name: dict(style.where) for name, style in styles.layers.items() if style.layer == "parks"
    }
    assert dispositions == {
        "sub_parks": {"disposition": "sub_park"},
        "exiting_parks": {"disposition": "exiting"},
        "unclassified_parks": {"disposition": "unclassified"},
    }
    exited, exiting = (
        next(entry.mark for entry in styles.layers["exiting_parks"].classes if entry.code == code)
        for code in DATE_CLASSES
    )
    assert exited != exiting


def test_every_class_has_words_in_both_languages(styles):
    for style in styles.layers.values():
        assert style.zh.strip()
        assert style.en.strip()
        for entry in style.classes:
            assert entry.zh.strip(), (style.name, entry.code)
            assert entry.en.strip(), (style.name, entry.code)


def test_no_two_classes_of_a_layer_are_drawn_alike(styles):
    for style in styles.layers.values():
        marks = [entry.mark for entry in style.classes]
        assert len(set(marks)) == len(marks), style.name


@pytest.mark.parametrize("vision", VISION)
def test_areas_of_one_pattern_differ_for_every_kind_of_colour_vision(styles, vision):
    # A difference of 2.3 in CIELAB is just noticed side by side; 10 is told apart at a glance.
    for name in ("land_parcels", "constraints", "element_allotments", "enterprises"):
        filled = [entry for entry in styles.layers[name].classes if entry.mark.fill]
        for one, other in combinations(filled, 2):
            if one.mark.pattern == other.mark.pattern:
                distance = np.linalg.norm(
                    seen_colour(one.mark, VISION[vision]) - seen_colour(other.mark, VISION[vision])
                )
                assert distance > 10, (name, one.code, other.code)


def written(tmp_path, change):
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "layers.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


CHANGES = {
    "style_key_unknown": lambda c: c["units"].update(shwo=True),
    "style_key_missing": lambda c: c["units"].pop("en"),
    "style_value_wrong": lambda c: c["units"]["base"].update(stroke="grey"),
    "style_class_unknown": lambda c: c["units"]["classes"].update(conty={}),
    "style_class_missing": lambda c: c["units"]["classes"].pop("county"),
    "layer_unknown": lambda c: c["units"].update(layer="unit"),
}


@pytest.mark.parametrize("code", CHANGES)
def test_a_mistake_in_the_style_file_is_named(tmp_path, code):
    with pytest.raises(LayerError) as caught:
        load_styles(written(tmp_path, CHANGES[code]))
    assert caught.value.code == code


def test_a_mistyped_key_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(LayerError) as caught:
        load_styles(written(tmp_path, CHANGES["style_key_unknown"]))
    assert caught.value.values["nearest"] == "show"


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("base", "opacity", 1.01),
        ("base", "opacity", -0.01),
        ("base", "width_px", "2"),
        ("base", "width_px", True),
        ("base", "dash_px", [3]),
        ("base", "pattern", "stripes"),
        ("base", "glyph", "港口"),
        ("where", "disposition", "sub_parks"),
    ],
)
def test_a_value_that_cannot_be_drawn_is_refused(tmp_path, part, key, value):
    def change(content):
        content["sub_parks"][part][key] = value

    with pytest.raises(LayerError) as caught:
        load_styles(written(tmp_path, change))
    assert (caught.value.code, caught.value.values["key"]) == ("style_value_wrong", key)


@pytest.mark.parametrize("text", ["units: [", "", "- units", "units: {}"])
def test_a_file_that_is_no_style_file_is_refused(tmp_path, text):
    path = tmp_path / "layers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LayerError):
        load_styles(path)


def test_a_missing_style_file_is_named(tmp_path):
    with pytest.raises(LayerError) as caught:
        load_styles(tmp_path / "none.yaml")
    assert caught.value.code == "style_file_unreadable"
