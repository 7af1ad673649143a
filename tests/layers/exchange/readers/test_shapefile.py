"""Names that a Shapefile cut come back from the table beside it, and from nothing else."""

import io
import zipfile

import pytest

from layers.exchange.readers.shapefile import full_names

HEAD = "字段名,全称,含义\r\n"


def table(text: str, name: str = "p_columns.csv") -> zipfile.ZipFile:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, text.encode("utf-8-sig"))
    return zipfile.ZipFile(held)


def test_cut_names_are_completed_and_whole_ones_left():
    archive = table(HEAD + "name,name,名称\r\nland_use_c,land_use_code,用途\r\n\r\n来源,某文件\r\n")
    assert full_names(archive, ["name", "land_use_c"]) == {"land_use_c": "land_use_code"}


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\r\nland_use_c,land_use_code,用途\r\n",
        HEAD + "land_use_c,name,用途\r\n",
        HEAD + f"land_use_c,{'x' * 201},用途\r\n",
        HEAD + "other_cut,other_whole,别的\r\n",
        "",
    ],
)
def test_a_table_that_is_none_or_gives_two_columns_one_name_is_left_aside(text):
    assert full_names(table(text), ["name", "land_use_c"]) == {}


def test_a_table_in_no_encoding_of_ours_or_under_another_name_is_left_aside():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("p_columns.csv", b"\xff\xfe\x00\xd8")
    assert full_names(zipfile.ZipFile(held), ["land_use_c"]) == {}
    named = HEAD + "land_use_c,land_use_code,用途\r\n"
    assert full_names(table(named, "columns.txt"), ["land_use_c"]) == {}
