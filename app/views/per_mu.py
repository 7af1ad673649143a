"""What one 亩 yields: output and tax of platforms, parks, units and firms against the targets."""

import streamlit as st

from app.components.page import page_head, show_where_held
from app.components.per_mu import BIES, show_per_mu
from app.session import current_context, words
from platforms.indicators.per_mu import By

NEEDED = ("platform_indicators", "enterprise_indicators")


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_per_mu", "per_mu_question")
    if not any(len(context.source.read(name)) for name in NEEDED):
        st.info(text("per_mu_no_tables"))
        return
    left, right = st.columns([1, 5], vertical_alignment="bottom")
    year = left.number_input(text("column_year"), 1990, 2100, context.year, key="per_mu_year")
    by: By = right.radio(
        text("option_by"), BIES, format_func=lambda code: text(f"by_{code}"), horizontal=True,
        key="per_mu_by",
    )  # fmt: skip
    show_where_held(lambda: show_per_mu(context, by, int(year)))


show()
