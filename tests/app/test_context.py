"""Packs as files: one that can't be read says so in one sentence, and only if it was asked for."""

import shutil
from pathlib import Path

import pytest

from app.context import read_policy
from app.messages import catalogue
from geo.errors import MuPlanError

PACKS = Path(__file__).resolve().parents[2] / "data" / "policy"
OWN = """name: own
title: 本市
edition: "1"
extends: jiaxing
rules: []
"""


@pytest.fixture
def folder(tmp_path):
    shutil.copy(PACKS / "jiaxing.yaml", tmp_path)
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def sentence(folder, pack, language="zh"):
    with pytest.raises(MuPlanError) as caught:
        read_policy(folder, (pack,), "2025-06-30")
    return catalogue(language).error(caught.value)


def test_a_pack_of_the_citys_own_is_found_by_its_file_name(folder):
    own = read_policy(folder, ("own",), "2025-06-30")
    assert own.rule("A13").rule.number == 0.3
    assert "own" in sentence(folder, "owm")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (OWN.encode("gb18030"), "第 2 行起不是 UTF-8"),
        (OWN.encode("utf-16"), "第 1 行起不是 UTF-8"),
        (b"#" * 2_000_001, "超过 2000 KB"),
        (b"", "文件是空的"),
        (OWN.replace("rules: []", "\trules: []").encode(), "第 5 行用制表符缩进"),
        (OWN.replace("rules: []", "rules: []\nrules: []").encode(), "第 6 行重复写了键 rules"),
        (OWN.replace("[]", "[" * 20 + "]" * 20).encode(), "第 5 行嵌套超过 12 层"),
        (OWN.replace("edition", "editoin").encode(), "最接近的是 edition"),
        (OWN.replace("extends: jiaxing", "extends: jiaxin").encode(), "最接近的是 jiaxing"),
        (OWN.replace("rules: []", "rules: [1]").encode(), "第 5 行应为“键: 值”"),
    ],
)  # fmt: skip
def test_a_broken_pack_is_refused_in_one_sentence_and_hurts_no_other(folder, content, said):
    (folder / "own.yaml").write_bytes(content)
    spoken = sentence(folder, "own")
    assert said in spoken
    assert "\n" not in spoken
    assert "\n" not in sentence(folder, "own", "en")
    assert read_policy(folder, ("jiaxing",), "2025-06-30").rule("A13").rule.number == 0.3


def test_a_pack_that_is_a_folder_is_refused_in_one_sentence(folder):
    (folder / "own.yaml").unlink()
    (folder / "own.yaml").mkdir()
    assert "无法读取" in sentence(folder, "own")


def test_a_byte_order_mark_is_no_fault(folder):
    (folder / "own.yaml").write_bytes(b"\xef\xbb\xbf" + OWN.encode())
    assert read_policy(folder, ("own",), "2025-06-30").pack.name == "jiaxing+own"


def test_a_pack_that_extends_a_broken_one_names_the_broken_one(folder):
    (folder / "jiaxing.yaml").write_bytes("title: 平台".encode("gb18030"))
    assert "jiaxing 第 1 行" in sentence(folder, "own")
