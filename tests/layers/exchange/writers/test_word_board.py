"""Boards as documents: one page each, however long their texts are."""

import io
import os
import re
import shutil
import subprocess

import pytest
from docx import Document
from PIL import Image

from layers.exchange.heading import ExportHeading
from layers.exchange.writers.word import Picture
from layers.exchange.writers.word_board import Board, Boards, Grid
from layers.exchange.writers.write import write_report
from tests.layers.exchange.writers.test_write_office import OFFICE, SECONDS, openable

HEADING = ExportHeading("作战图", {"版本": "1", "台账链尾校验值": "a" * 64}, is_demo=True)


def picture():
    held = io.BytesIO()
    Image.new("RGB", (1390, 840), "white").save(held, "PNG")
    return Picture(held.getvalue(), "选址图")


def board(text, *, with_map=True):
    """A board whose every cell holds the same text, in as many rows as the product prints."""
    facts = Grid("基本情况", (), ((text,) * 4,) * 9, (0.21, 0.29, 0.21, 0.29), 2)
    five = (0.4, 0.15, 0.15, 0.15, 0.15)
    nodes = Grid("节点", (text,) * 5, ((text,) * 5,) * 7, five)
    papers = Grid("材料", (text,) * 4, ((text,) * 4,) * 6, (0.17, 0.23, 0.42, 0.18), 1, text)
    limits = Grid("边界条件", (text,) * 4, ((text,) * 4,) * 5, (0.42, 0.24, 0.14, 0.2), 1, text)
    problems = Grid("问题", (text,) * 5, ((text,) * 5,) * 3, five, 2, text)
    shown = picture() if with_map else text
    return Board(text, (text,) * 5, shown, (limits, problems), (facts, nodes, papers))


def pages_of(path, folder):
    profile = (folder / "profile").as_uri()
    ran = subprocess.run(
        [OFFICE, f"-env:UserInstallation={profile}", "--headless", "--norestore",
         "--convert-to", "pdf", "--outdir", str(folder), str(path)],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    made = (folder / f"{path.stem}.pdf").read_bytes()
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", made))


def test_each_board_is_one_page_with_the_longest_texts_there_can_be(tmp_path):
    if OFFICE is None or ".docx" not in openable() or shutil.which("soffice") is None:
        assert os.environ.get("CI") != "true", "LibreOffice has to be there"
        pytest.skip("LibreOffice isn't here")
    texts = ("字" * 400, "W" * 400, "长 word " * 60, "短")
    boards = [board(one) for one in texts] + [board("字", with_map=False)]
    path = tmp_path / "b.docx"
    write_report(path, Boards(HEADING, tuple(boards)))
    assert pages_of(path, tmp_path) == len(boards)


def test_a_board_says_what_it_stands_on_and_what_it_cut(tmp_path):
    path = tmp_path / "b.docx"
    write_report(path, Boards(HEADING, (board("字" * 400), board("短"))))
    held = Document(path)
    paragraphs = [p.text for p in held.paragraphs]
    assert sum("a" * 64 in text for text in paragraphs) == 2
    assert paragraphs[0].endswith("…【演示数据】")
    assert len(held.inline_shapes) == 2
    whole = Document(path)
    cells = [t.rows[0].cells[0].text for row in whole.tables[1].rows for c in row.cells
             for t in c.tables]  # fmt: skip
    assert set(cells) == {"短"}


def test_the_same_boards_are_the_same_file(tmp_path):
    paths = [tmp_path / "1.docx", tmp_path / "2.docx"]
    for path in paths:
        write_report(path, Boards(HEADING, (board("短"),)))
    assert paths[0].read_bytes() == paths[1].read_bytes()
