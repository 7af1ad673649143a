"""Overview: how much land there is, and a light for each unit and rule."""

import pandas as pd
import streamlit as st

from app.answers.checks import check_answer
from app.answers.evidence import LIGHTS, light, outcome_word
from app.answers.land import listed_blocks
from app.answers.reports import check_report
from app.components.jobs import judged_with_bar
from app.components.overview import show_day
from app.components.page import hand_out, page_head, show_list
from app.context import Context, unit_names
from app.session import cached, current_context, map_view, words
from geo.units import compare, m2_to_mu
from platforms.checks import CheckQuery
from platforms.land.blocks import counted_once_m2
from platforms.land.search import BlockQuery, lines_mu
from platforms.policy.verdict import Verdict

RULES_SHOWN = (
    ("B1", "land"), ("B1", "energy"), ("B1", "emission"), ("A1", "principle"), ("A1", "limit"),
    ("A13", ""), ("A18", ""),
)  # fmt: skip


NOT_YET, NOTHING = "…", "–"
"""What stands where no verdict is known yet, and where there is none."""


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_overview", "overview_question")
    _figures(context)
    st.subheader(text("overview_units"))
    place = st.empty()

    def draw(verdicts: list[Verdict], unjudged: str = NOT_YET) -> None:
        wide = {text("column_unit_name"): st.column_config.TextColumn(width=140)}
        with place:
            show_list(_by_unit(context, verdicts, unjudged), column_config=wide)

    query = CheckQuery(None, (), (), context.as_of)
    verdicts = judged_with_bar(query, meanwhile=draw)
    if not unit_names(context):
        place.info(text("overview_empty"))
        show_day(context)
        return
    draw(verdicts, NOTHING)
    st.caption(text("overview_legend", **LIGHTS))
    show_day(context)
    st.subheader(text("overview_platforms"))
    platforms = _by_platform(context, verdicts)
    show_list(platforms)
    answer = check_answer(context, query, verdicts)
    hand_out(
        answer,
        context,
        (".xlsx", ".docx", ".csv"),
        "overview",
        report=lambda: check_report(context, query, verdicts, map_view()),
    )


def _figures(context: Context) -> None:
    text = words().text
    platforms = context.source.read("major_platforms")
    parcels = context.source.read("land_parcels")
    columns = st.columns(5)
    columns[0].metric(text("figure_platforms"), f"{len(platforms)}")
    columns[1].metric(text("figure_parcels"), f"{len(parcels):,}")
    listed, reserve = lines_mu(context.policy)
    label, place = text("working_blocks"), st.empty()
    land = cached(
        listed_blocks,
        BlockQuery(min_mu=listed),
        progress=lambda share: place.progress(min(share, 1.0), label) and None,
    )
    place.empty()
    blocks = land.blocks
    large = blocks[[compare(mu, reserve) >= 0 for mu in blocks["area_mu"]]]
    columns[2].metric(text("figure_blocks", least=listed), f"{len(blocks):,}")
    area_mu = m2_to_mu(counted_once_m2(blocks))
    columns[3].metric(text("figure_blocks_mu", least=listed), f"{area_mu:,.0f}")
    columns[4].metric(text("figure_blocks", least=reserve), f"{len(large):,}")


def _by_unit(context: Context, verdicts: list[Verdict], unjudged: str) -> pd.DataFrame:
    """List the units with a light for each rule; ``unjudged`` stands where there is no verdict."""
    text = words().text
    rows = []
    for unit_id, name in unit_names(context).items():
        row = {text("column_unit_name"): name}
        for rule_id, part in RULES_SHOWN:
            if part not in context.policy.parts(rule_id):
                continue
            of_unit = [
                v for v in verdicts
                if v.unit_id == unit_id and v.platform_id is None and v.rule_id == rule_id
                and v.part.split(":")[0] == part
            ]  # fmt: skip
            row[text(f"light_{rule_id}_{part}" if part else f"light_{rule_id}")] = _cell(
                context, of_unit, unjudged
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _by_platform(context: Context, verdicts: list[Verdict]) -> pd.DataFrame:
    text = words().text
    platforms = context.source.read("major_platforms")
    rows = []
    for platform_id, name in platforms[["platform_id", "name"]].itertuples(index=False):
        mine = [v for v in verdicts if v.platform_id == platform_id]
        if not mine:
            continue
        row = {text("column_platform_name"): name}
        for rule_id in ("A2", "A8", "A9"):
            if not context.policy.parts(rule_id):
                continue
            of_rule = [v for v in mine if v.rule_id == rule_id]
            row[text(f"light_{rule_id}")] = _cell(context, of_rule)
        rows.append(row)
    return pd.DataFrame(rows)


def _cell(context: Context, verdicts: list[Verdict], unjudged: str = NOTHING) -> str:
    """Show the worst of several verdicts, with its figure."""
    order = ["not_met", "no_data", "met", "not_applicable"]
    if not verdicts:
        return unjudged
    worst = min(verdicts, key=lambda v: order.index(v.outcome))
    figure = "" if worst.measured is None else f" {_figure(worst.measured, worst.unit)}"
    expired = "" if worst.in_force else f"〔{words().text(f'force_status_{worst.force_status}')}〕"
    past = f"〔{words().text('past_target')}〕" if worst.is_past_target else ""
    return f"{light(worst)} {outcome_word(context, worst)}{figure}{expired}{past}"


def _figure(measured: float, unit: str) -> str:
    if unit == "个":
        return f"{measured:.0f}"
    return f"{measured:.1%}" if unit in ("", "share") else f"{measured:,.1f}"


show()
