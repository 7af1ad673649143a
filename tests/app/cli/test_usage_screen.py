"""What a planner sees in a terminal, and how the command leaves."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest

from app.cli.main import muplan as command_group
from app.cli.screen import CELL_WIDTH, display_width, list_lines
from layers.exchange.heading import ExportHeading

PROJECT = Path(__file__).resolve().parents[3]
HEADING = ExportHeading("清单", {}, titles={"why": "理由"})


def lines(**columns):
    return list_lines(pd.DataFrame(columns), HEADING)


def test_words_stand_for_codes_and_a_dash_for_what_is_missing():
    shown = lines(
        state=["cleared", None], is_increment=pd.array([True, None], dtype="boolean"),
        rank=pd.array([1, None], dtype="Int64"), area_mu=[1234.5, None],
    )  # fmt: skip
    assert shown[1].split() == ["净地", "是", "1", "1,234.50"]
    assert shown[2].split() == ["–", "–", "–", "–"]


def test_shares_are_shown_as_percentages():
    assert lines(share=[0.7], share_low=[0.123456], zone_share=[1.0])[1].split() == [
        "70.00%", "12.35%", "100.00%",
    ]  # fmt: skip


def test_columns_stand_in_line_with_chinese_and_latin_texts():
    shown = lines(name=["嘉兴港区", "ab"], rank=[1, 22], why=["甲", "乙"])
    ends = {
        display_width(line[: line.index(end)]) for line, end in zip(shown[1:], "甲乙", strict=True)
    }
    assert len(ends) == 1
    assert display_width("嘉兴abc") == 7


def test_a_long_cell_is_cut_and_a_hostile_one_stays_on_its_line():
    shown = lines(name=["长" * 100, "a\nb\x1b[31m\tc\u2028d"], rank=[1, 2])
    assert len(shown) == 3
    assert all(len(line.splitlines()) == 1 for line in shown)
    assert "…" in shown[1]
    assert display_width(shown[1].split()[0]) <= CELL_WIDTH
    assert "\x1b" not in shown[2]


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (("blocks",), ("【演示数据】连片可供土地清单", "亩以上连片土地", "列入200亩储备", "另有")),
        (("match", "--project", "xm-0003"), ("首选", "平台排序：1.", "可选", "理由", "得分")),
        (("check", "--rule", "A1"), ("偏离原则", "规则内容")),
        (("check", "--rule", "B1"), ("不符合", "70.00", "规则内容")),
        (("shares", "--year", "2025"), ("用地", "70.00%", "区外余量", "还需配入区内")),
        (("indicators", "--by", "platform", "--period", "2024"), ("排名", "亩均产出（万元/亩）",
                                                                "达标")),
        (("indicators", "--by", "platform", "--period", "2024", "--basis", "managed"),
         ("管理面积", "所选口径名次", "名次变化", "另须说明")),
        (("indicators", "--by", "enterprise", "--period", "2024", "--scheme", "huangyan-2022"),
         ("类别", "已评", "仅供参考", "假设")),
        (("info",), ("地块", "隔离行数", "CGCS2000")),
        (("project list",), ("在谈", "工业", "最低用地（亩）")),
    ],
)  # fmt: skip
def test_the_list_of_a_command_is_readable(command, seen, muplan, small_demo):
    name, *options = command
    ran = muplan(*name.split(), small_demo, *options)
    assert ran.code == 0
    for text in seen:
        assert text in ran.out
    for code in ("True", "False", "nan", "NaN", "<NA>", "None", "not_met", "no_data", "cleared"):
        assert code not in ran.out


def test_what_is_not_met_is_listed_first(muplan, small_demo):
    shown = muplan("check", small_demo, "--rule", "A1").out.splitlines()
    head = next(n for n, line in enumerate(shown) if line.startswith("规则 "))
    assert "强制：" in "".join(shown[:head])
    outcomes = [line.split()[1] for line in shown[head + 1 :]]
    assert outcomes[0] in ("不符合", "偏离原则")
    last_bad = max(n for n, word in enumerate(outcomes) if word in ("不符合", "偏离原则"))
    assert all(word in ("不符合", "偏离原则") for word in outcomes[: last_bad + 1])


def test_rules_and_fields_are_readable(muplan):
    shown = muplan("rules", "--as-of", "2026-01-01").out
    for text in ("介于", "≥", "30%", "力争", "已过有效期", "嘉政发〔2018〕15号"):
        assert text in shown
    assert "list_empty" not in shown
    assert "cleared=净地" in muplan("fields", "land_parcels").out


def test_english_lists_speak_english(muplan, small_demo):
    shown = muplan("blocks", small_demo, "--lang", "en").out
    assert "blocks of 100 亩 and more" in shown
    assert "ellipsoidal area (亩)" in shown
    assert "yes" in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_and_option_is_explained(lang, muplan):
    groups = {
        name: held for name, held in command_group.commands.items() if isinstance(held, click.Group)
    }
    paths = [(name,) for name in command_group.commands if name not in groups]
    paths += [(group, name) for group, held in groups.items() for name in held.commands]
    for path in [(), *((name,) for name in groups), *paths]:
        is_group = not path or (len(path) == 1 and path[0] in groups)
        ran = muplan(*path, *(() if is_group else ("--lang", lang)), "--help")
        assert ran.code == 0
        assert "command_" not in ran.out
        assert "option_" not in ran.out


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "app.cli.main", *map(str, arguments)], cwd=PROJECT, timeout=120,
        capture_output=True, encoding="utf-8", check=False, env={**os.environ, **environment},
    )  # fmt: skip


def test_the_program_leaves_with_its_exit_code(small_demo):
    done = run("info", small_demo, "--json", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "演示数据" in done.stdout
    wrong = run("info", small_demo, "--jsn", LC_ALL="C")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.splitlines() == ["没有 --jsn 这个选项；最接近的是 --json。"]


def test_a_check_that_fails_leaves_with_1_and_no_page_framework_is_loaded(small_demo):
    code = (
        "import sys; from app.cli.main import answer; "
        f"code = answer(['check', {str(small_demo)!r}, '--rule', 'A1', '--fail-on', 'not_met']); "
        "sys.exit(code if not {'streamlit', 'folium'} & sys.modules.keys() else 70)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, timeout=120, capture_output=True, check=False
    )
    assert done.returncode == 1
