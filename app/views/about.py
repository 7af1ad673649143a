"""What this is: version, rules with their editions, sources and licences, limits, help."""

from importlib.metadata import version

import pandas as pd
import streamlit as st

from app.answers.workspace import about_answer, pack_frame, source_frame
from app.components.page import as_text, hand_out, show_list, shown_columns
from app.context import today
from app.session import current_context, open_path, settings, words

LIMITS = 7
KEYS = 6
FIRST_STEPS = 6


def show() -> None:
    """Show the page; it needs no workspace."""
    text = words().text
    st.header(text("page_about"))
    st.caption(text("about_question"))
    st.markdown(as_text(text("about_version", version=version("muplan"), day=today())))
    st.markdown(as_text(text("about_folder", folder=str(settings().workspace_dir))))
    help_tab, limits, packs, sources = st.tabs(
        [text(f"about_tab_{name}") for name in ("help", "limits", "packs", "sources")]
    )
    with help_tab:
        left, right = st.columns(2)
        with left:
            st.subheader(text("about_steps"))
            _points("about_step", FIRST_STEPS)
        with right:
            st.subheader(text("about_keys"))
            _points("about_key", KEYS)
    with limits:
        _points("about_limit", LIMITS)
    with packs:
        st.caption(text("about_packs_hint"))
        _list(pack_frame(settings(), words()))
    with sources:
        _sources()


def _sources() -> None:
    text = words().text
    st.caption(text("about_own_sources"))
    if open_path() is None:
        st.info(text("workspace_none_open"))
        return
    context = current_context()
    _list(source_frame(context))
    hand_out(about_answer(context), context, (".xlsx", ".docx", ".csv"), "about")


def _list(frame: pd.DataFrame) -> None:
    titles = {str(name): words().text(f"column_{name}") for name in frame.columns}
    show_list(shown_columns(frame, tuple(titles), words(), titles))


def _points(code: str, count: int) -> None:
    for n in range(1, count + 1):
        st.markdown(f"- {as_text(words().text(f'{code}_{n}'))}")


show()
