"""The strict reader of data files: what it fills, what it refuses, and at which line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import MuPlanError
from geo.limits import DEEPEST, LARGEST_BYTES, MOST_ALIASES
from geo.strict_yaml import Fault, ValueFaultError, read_block, read_data, read_plain

PROJECT = Path(__file__).resolve().parents[2]


class ReadError(MuPlanError):
    """Carries the fault as the reader gave it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


@dataclass(frozen=True)
class Lane:
    width_m: float
    use: Literal["car", "bus"] = "car"

    def __post_init__(self) -> None:
        if self.width_m <= 0:
            raise ValueFaultError(key="width_m")


@dataclass(frozen=True)
class Road:
    name: str
    lanes: tuple[Lane, ...]
    course: list[tuple[float, float]] = field(default_factory=list)
    speed_km_h: int | None = None
    is_toll: bool = False
    remarks: Mapping[str, str | float | tuple[str, ...]] = field(default_factory=dict)


FULL = """\
name: 中山路
lanes:
  - {width_m: 3.5, use: bus}
  - width_m: 3
course: [[120.5, 30], [120, 30.5]]
speed_km_h: 50
is_toll: true
remarks: {source: survey, year: 2024, keys: ["1", "2"]}
"""


def road(text=FULL):
    return read_data(text, Road, "roads", ReadError)


def fault_of(old, new):
    assert old in FULL
    with pytest.raises(ReadError) as caught:
        road(FULL.replace(old, new, 1))
    return caught.value.fault


def test_every_kind_of_field_is_filled():
    assert road() == Road(
        name="中山路",
        lanes=(Lane(3.5, "bus"), Lane(3.0)),
        course=[(120.5, 30.0), (120.0, 30.5)],
        speed_km_h=50,
        is_toll=True,
        remarks={"source": "survey", "year": 2024.0, "keys": ("1", "2")},
    )


def test_what_is_left_out_or_null_takes_the_default():
    assert road("name: a\nlanes: []\nspeed_km_h:\nis_toll: null\n") == Road("a", ())


def test_numbers_come_in_the_type_of_their_field():
    read = road()
    assert [type(lane.width_m) for lane in read.lanes] == [float, float]
    assert type(read.speed_km_h) is int


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "path"),
    [
        ("is_toll", "is_tol", "key_unknown", 7, "is_tol"),
        ("use: bus", "uses: bus", "key_unknown", 3, "lanes.uses"),
        ("speed_km_h: 50", "name: 南湖路", "key_twice", 6, "name"),
        ("year: 2024", "source: map", "key_twice", 8, "remarks.source"),
        ("name: 中山路", "", "key_missing", 2, "name"),
        ("name: 中山路", "name: ' '", "key_missing", 1, "name"),
        ("width_m: 3.5, ", "", "key_missing", 3, "lanes.width_m"),
        ("name: 中山路", "name: 5", "not_text", 1, "name"),
        ("width_m: 3.5", 'width_m: "3.5"', "not_number", 3, "lanes.width_m"),
        ("width_m: 3.5", "width_m: .inf", "not_number", 3, "lanes.width_m"),
        ("width_m: 3.5", "width_m: true", "not_number", 3, "lanes.width_m"),
        ("speed_km_h: 50", "speed_km_h: 50.5", "not_number", 6, "speed_km_h"),
        ("is_toll: true", "is_toll: 1", "not_yes_no", 7, "is_toll"),
        ("use: bus", "use: tram", "word_unknown", 3, "lanes.use"),
        ("course: [[120.5, 30], [120, 30.5]]", "course: 120", "not_list", 5, "course"),
        ("[120, 30.5]", "[120, 30.5, 4]", "not_list", 5, "course"),
        ("- {width_m: 3.5, use: bus}", "- 3.5", "not_mapping", 3, "lanes"),
        ("width_m: 3.5", "width_m: 0", "value_wrong", 3, "lanes.width_m"),
        ("is_toll: true", "\tis_toll: true", "tab", 7, ""),
        ("[[120.5, 30]", "[[120.5, 30", "syntax", 6, ""),
    ],
)
def test_a_fault_is_refused_with_its_line_and_path(old, new, code, line, path):
    fault = fault_of(old, new)
    assert (fault.code, fault.line, fault.path, fault.source) == (code, line, path, "roads")


def test_a_misspelt_key_or_word_comes_with_the_nearest_known_one():
    assert fault_of("is_toll", "is_tol").values == {"key": "is_tol", "nearest": "is_toll"}
    assert fault_of("use: bus", "use: bux").values == {
        "key": "use",
        "word": "bux",
        "nearest": "bus",
    }


def test_a_fault_shows_what_stands_there_and_where():
    fault = fault_of("width_m: 3.5", "width_m: [3, {a: b}]")
    assert (fault.written, fault.place) == ("[3, {a: b}]", "lanes")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "a\n", "1\n"])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(ReadError) as caught:
        road(text)
    assert caught.value.fault.code in ("empty", "not_mapping")
    assert caught.value.fault.path == ""


def test_a_file_beyond_the_limits_is_refused_before_it_is_built():
    deep = "name: " + "[" * DEEPEST + "]" * DEEPEST
    many = "a: &a 1\nb: [" + "*a, " * (MOST_ALIASES + 1) + "]"
    large = "name: " + "路" * (LARGEST_BYTES // 3)
    codes = []
    for text in (deep, many, large):
        with pytest.raises(ReadError) as caught:
            road(text)
        codes.append(caught.value.fault.code)
    assert codes == ["too_deep", "too_many_aliases", "too_large"]


def test_a_character_that_yaml_forbids_is_refused_at_its_line():
    with pytest.raises(ReadError) as caught:
        road("name: a\nlanes: \x07\n")
    assert (caught.value.fault.code, caught.value.fault.line) == ("syntax", 2)


def test_a_block_takes_what_it_leaves_out_from_a_base():
    block = read_block("use: bus\n", "lane", ReadError, None)
    assert block.fill(Lane, Lane(3.25)) == Lane(3.25, "bus")


def test_an_id_that_stands_twice_is_refused_at_its_second_line():
    text = "rows:\n  - {id: a}\n  - {id: b}\n  - {id: a}\n"
    block = read_block(text, "list", ReadError, ("rows",))
    with pytest.raises(ReadError) as caught:
        block.check_ids("rows", block.blocks("rows", ("id",)))
    fault = caught.value.fault
    assert (fault.code, fault.line, fault.values["id"]) == ("id_twice", 4, "a")


def test_one_text_stands_for_a_list_of_texts():
    block = read_block("one: a\nmany: [a, b]\n", "list", ReadError, None)
    assert (block.texts("one"), block.texts("many"), block.texts("none")) == (
        ("a",), ("a", "b"), (),
    )  # fmt: skip


@pytest.mark.parametrize(("text", "read"), [("2024-04-01", "2024-04-01"), ("~", None)])
def test_a_date_is_read_in_iso_form(text, read):
    assert read_block(f"on: {text}\n", "dates", ReadError, None).date("on") == read


@pytest.mark.parametrize("text", ["2024-02-30", "April", "[2024]", "2024"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ReadError, match="not_date"):
        read_block(f"on: {text}\n", "dates", ReadError, None).date("on")


@given(
    st.builds(
        Road,
        name=st.text("路abc", min_size=1, max_size=4),
        lanes=st.lists(
            st.builds(Lane, st.integers(1, 9).map(float), st.sampled_from(["car", "bus"])),
            max_size=3,
        ).map(tuple),
        speed_km_h=st.none() | st.integers(0, 120),
        is_toll=st.booleans(),
    )
)
def test_what_was_written_is_read_back(made):
    lanes = [{"width_m": lane.width_m, "use": lane.use} for lane in made.lanes]
    data = {"name": made.name, "lanes": lanes, "is_toll": made.is_toll}
    if made.speed_km_h is not None:
        data["speed_km_h"] = made.speed_km_h
    assert road(yaml.safe_dump(data, allow_unicode=True)) == made


CODES = {
    "syntax": (), "tab": (), "empty": (), "too_large": ("limit_kb",), "too_deep": ("limit",),
    "too_many_aliases": ("limit",), "not_mapping": (), "not_list": ("key",), "not_text": ("key",),
    "not_number": ("key",), "not_yes_no": ("key",), "not_date": ("key",),
    "key_unknown": ("key", "nearest"), "key_missing": ("key",), "key_twice": ("key",),
    "id_twice": ("key", "id"), "word_unknown": ("key", "word", "nearest"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_fault_of_a_pack_has_its_sentence(language):
    path = PROJECT / "app" / "locale" / language / "policy.yaml"
    sentences = yaml.safe_load(path.read_text(encoding="utf-8"))
    for code, values in CODES.items():
        told = sentences[f"pack_{code}"].format(
            pack="jiaxing", line=3, **{value: f"<{value}>" for value in values}
        )
        assert "3" in told, code


# --- references written out ----------------------------------------------------------------------


def plain(text):
    return read_plain(text, "list", ReadError)


def refused(text):
    with pytest.raises(ReadError) as caught:
        plain(text)
    return caught.value.fault


def test_values_count_as_often_as_they_are_referred_to(monkeypatch):
    # The mapping, the list a with 2 values, and b with twice a list of 2: 1 + 3 + 1 + 2 * 3 = 11,
    # and the two keys.
    text = "a: &a [x, y]\nb: [*a, *a]\n"
    monkeypatch.setattr("geo.strict_yaml.MOST_NODES", 13)
    assert plain(text) == {"a": ["x", "y"], "b": [["x", "y"], ["x", "y"]]}
    monkeypatch.setattr("geo.strict_yaml.MOST_NODES", 12)
    fault = refused(text)
    assert (fault.code, fault.line, fault.values["limit"]) == ("too_many_values", 2, 12)


def test_references_to_references_are_refused_at_the_line_where_they_are_too_many():
    laughs = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    # 9 ** 6 is the first power of 9 beyond half a million.
    assert (refused(laughs).code, refused(laughs).line) == ("too_many_values", 7)


def test_a_list_that_holds_itself_is_refused():
    assert refused("a: &a [*a]\n").code == "too_many_values"
    assert refused("a: &a {b: [*a]}\n").code == "too_many_values"


def test_references_nest_as_deep_as_what_they_refer_to():
    # a0 is one level below the mapping, a1 two, and so on: a10 reaches level 12.
    def chain(last):
        links = "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, last + 1))
        return "a0: &a0 [x]\n" + links

    assert len(plain(chain(DEEPEST - 2))) == DEEPEST - 1
    assert (refused(chain(DEEPEST - 1)).code, refused(chain(DEEPEST - 1)).line) == (
        "too_deep", DEEPEST,
    )  # fmt: skip


def test_a_reference_to_nothing_is_a_fault_of_the_text():
    assert refused("a: *b\n").code == "syntax"
