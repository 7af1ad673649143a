"""Demands and lists of projects: files of any form are read in bounded time or refused."""

import pytest

from app.answers.imports import NoPlainTextError, read_demand, read_plain_file
from geo.errors import MuPlanError


def saved(folder, text, name="demand.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path):
    with pytest.raises(MuPlanError) as caught:
        read_plain_file(path)
    return caught.value


def test_a_file_is_read_up_to_its_size_and_refused_beyond(tmp_path, monkeypatch):
    path = saved(tmp_path, "[a, b]")
    monkeypatch.setattr("app.answers.imports.LARGEST_BYTES", 6)
    assert read_plain_file(path) == ["a", "b"]
    monkeypatch.setattr("app.answers.imports.LARGEST_BYTES", 5)
    assert refusal(path).code == "yaml_too_large"


def test_references_to_references_are_refused_with_the_line(tmp_path):
    laughs = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    with pytest.raises(MuPlanError) as caught:
        read_demand(saved(tmp_path, laughs))
    assert (caught.value.code, caught.value.values["line"]) == ("yaml_too_many_values", 7)


@pytest.mark.parametrize("name", ["demand.yaml", "demand.json"])
def test_depth_is_refused(tmp_path, name):
    assert refusal(saved(tmp_path, "[" * 100_000, name)).code == "yaml_too_deep"


def test_what_is_no_yaml_is_told_apart(tmp_path):
    assert isinstance(refusal(saved(tmp_path, "a: [")), NoPlainTextError)
    with pytest.raises(MuPlanError) as caught:
        read_demand(saved(tmp_path, "a: ["))
    assert caught.value.code == "demand_file_bad"
