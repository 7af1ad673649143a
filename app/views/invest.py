"""The map for investors: what it shows, a look at it, the file to give away."""

import base64
from dataclasses import dataclass, replace

import streamlit as st

from app.answers.investment import (
    FIELDS_SHOWN,
    InvestmentMap,
    InvestmentQuery,
    block_query,
    investment_map,
)
from app.answers.land import find_land
from app.components.jobs import cached_with_bar
from app.components.page import as_text, page_head, say_lines
from app.context import Context, platform_names
from app.messages import LANGUAGES, Language, catalogue
from app.session import Stamp, current_context, stamp, words
from platforms.land.search import lines_mu

LAST_MAP = "investment_map"
LOOK_PX = 640


@dataclass(frozen=True)
class _LastMap:
    """The map made last, and for which state of the workspace."""

    at: Stamp
    query: InvestmentQuery
    language: Language
    map: InvestmentMap


def show() -> None:
    """Show the page."""
    context = current_context()
    page_head(context, "page_invest", "invest_question")
    if not len(context.source.read("major_platforms")) and not len(
        context.source.read("land_parcels")
    ):
        st.info(words().text("invest_no_data"))
        return
    query, language, is_asked = _asked(context)
    if is_asked:
        st.session_state[LAST_MAP] = _make(context, query, language)
    last: _LastMap | None = st.session_state.get(LAST_MAP)
    if last is None or last.at != stamp():
        return
    say_lines(last.map.sentences(context))
    st.caption(as_text(words().text("invest_check")))
    name = f"{last.map.title}_{context.as_of}.html".replace("/", "-").replace("\\", "-")
    st.download_button(
        words().text("invest_download"), last.map.html, name, "text/html", on_click="ignore",
        key="invest_download",
    )  # fmt: skip
    # An address of its own: the look at the file may not reach into this page.
    data = base64.b64encode(last.map.html.encode("utf-8")).decode("ascii")
    st.iframe(f"data:text/html;charset=utf-8;base64,{data}", height=LOOK_PX)


def _make(context: Context, query: InvestmentQuery, language: Language) -> _LastMap:
    label = words().text("invest_working")
    land = cached_with_bar("invest", label, find_land, block_query(context, query))
    spoken = replace(context, words=catalogue(language))
    return _LastMap(stamp(), query, language, investment_map(spoken, query, land))


def _asked(context: Context) -> tuple[InvestmentQuery, Language, bool]:
    text = words().text
    names = platform_names(context)
    with st.form("invest_form"):
        first, second = st.columns(2)
        chosen = first.multiselect(
            text("invest_platforms"), list(names), format_func=names.get,
            help=text("invest_platforms_help"), placeholder=text("choose"), key="invest_platforms",
        )  # fmt: skip
        fields = second.multiselect(
            text("invest_fields"), FIELDS_SHOWN, FIELDS_SHOWN,
            format_func=lambda name: text(f"public_{name}"), help=text("invest_fields_help"),
            key="invest_fields",
        )  # fmt: skip
        title_at, contact_at, source_at, review_at = st.columns(4)
        title = title_at.text_input(
            text("invest_title"), placeholder=text("public_title"), key="invest_title"
        )
        contact = contact_at.text_input(
            text("invest_contact"), placeholder=text("invest_contact_help"), key="invest_contact"
        )
        source = source_at.text_input(
            text("invest_source"), placeholder=text("public_source_usual"), key="invest_source"
        )
        review = review_at.text_input(text("invest_review"), key="invest_review")
        least_at, language_at, button_at = st.columns([1, 1, 2], vertical_alignment="bottom")
        least = least_at.number_input(
            text("invest_min_mu"), 1.0, 1e6, lines_mu(context.policy)[0], 10.0, key="invest_min_mu"
        )
        language = language_at.selectbox(
            text("invest_language"),
            LANGUAGES,
            format_func={"zh": "中文", "en": "English"}.get,
            key="invest_language",
        )
        is_asked = button_at.form_submit_button(text("invest_make"), type="primary")
    query = InvestmentQuery(
        tuple(chosen), tuple(fields), float(least), title, contact, source, review
    )
    return query, language, is_asked


show()
