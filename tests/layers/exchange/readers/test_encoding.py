"""A declared encoding that decodes every byte, yet into gibberish, is found."""

import geopandas as gpd
import pyogrio
import pytest
import shapely

from layers.exchange.read import read_file
from layers.exchange.readers.encoding import likelier

TEXTS = ["二类工业用地", "物流仓储用地", "嘉兴经济技术开发区"]


def shapefile(folder, encoding, cpg):
    frame = gpd.GeoDataFrame(
        {"地块": ["P1", "P2", "P3"], "用途": TEXTS},
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(3)], crs=4549,
    )  # fmt: skip
    path = folder / "made.shp"
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize(
    ("really", "cpg"),
    [("UTF-8", "GBK"), ("UTF-8", "ISO-8859-1"), ("UTF-8", "1252"), ("GBK", "ISO-8859-1"),
     ("GBK", "UTF-8"), ("UTF-8", "950"), ("GBK", "950")],
)  # fmt: skip
def test_a_wrong_cpg_is_found_by_the_gibberish_it_makes(tmp_path, really, cpg):
    source = read_file(shapefile(tmp_path, really, cpg), encoding=None, source_layer=None)
    assert source.frame["用途"].tolist() == TEXTS
    assert "encoding_declared_wrong" in [note.code for note in source.evidence]
    assert source.encoding == {"UTF-8": "UTF-8", "GBK": "GB18030"}[really]


@pytest.mark.parametrize(
    ("really", "cpg"), [("UTF-8", "UTF-8"), ("GBK", "936"), ("GBK", "GB18030")]
)
def test_a_right_cpg_is_believed(tmp_path, really, cpg):
    source = read_file(shapefile(tmp_path, really, cpg), encoding=None, source_layer=None)
    assert source.frame["用途"].tolist() == TEXTS
    assert "encoding_by_cpg" in [note.code for note in source.evidence]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Zürich", "iso8859-1"), ("café", "iso8859-1"), ("plan", "GB18030"), ("垚淼囧", "GB18030"),
     ("用地（二類）", "Big5")],
)  # fmt: skip
def test_rare_words_and_other_languages_are_left_alone(text, encoding):
    assert likelier([text.encode(encoding)], encoding) is None
