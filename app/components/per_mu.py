"""Figures per 亩: by any denominator, what is left out, land ratios, grades of firms."""

import streamlit as st

from app.answers.answer import Answer
from app.answers.indicators import indicator_answer
from app.components.charts import quadrant_chart, show_chart, show_source
from app.components.page import hand_out, show_list, shown_columns
from app.context import Context, load_scheme, scheme_names
from app.session import cached_answer, settings, words
from layers.exchange.writers.sheet import Sheet
from platforms.indicators.denominators import BASES_OF, DEFAULT_BASIS
from platforms.indicators.per_mu import By

BIES: tuple[By, ...] = ("platform", "park", "unit", "enterprise")

FIGURE_COLUMNS = (
    "rank", "name", "unit_name", "output_wan_yuan_per_mu", "tax_wan_yuan_per_mu", "quadrant",
    "output_land_mu", "output_coverage_share", "tax_rank", "tax_coverage_share", "row_count",
)  # fmt: skip
BASIS_COLUMNS = (
    "name", "land_basis", "land_mu", "land_open_mu", "output_wan_yuan_per_mu", "rank",
    "tax_wan_yuan_per_mu", "tax_rank", "quadrant", "why",
)  # fmt: skip
CHANGE_COLUMNS = (
    "name", "land_basis", "figure", "default_rank", "rank", "rank_change", "compared_count",
)  # fmt: skip
EFFICIENCY_COLUMNS = (
    "name", "ratio_name", "value", "unit", "numerator", "numerator_value", "denominator",
    "denominator_mu", "open_mu", "basis", "outcome", "why",
)  # fmt: skip
GRADE_COLUMNS = ("grade_rank", "name", "unit_name", "score", "grade", "standing", "why")
TOTAL_COLUMNS = ("issue", "row_count", "output_wan_yuan", "tax_wan_yuan", "land_mu")
GAP_COLUMNS = (
    "issue", "row_id", "name", "unit_name", "period", "place_ids", "output_wan_yuan",
    "tax_wan_yuan", "land_mu", "row_count",
)  # fmt: skip


def show_per_mu(context: Context, by: By, year: int) -> None:
    """Show output and tax per 亩 of a year with everything that stands beside them."""
    answer = cached_answer(_figures, by, str(year), None, None)
    _quadrant(context, answer, year)
    _table(answer, answer.sheet("indicators"), FIGURE_COLUMNS)
    _gaps(answer)
    if by == "enterprise":
        answer = _grades(year) or answer
    elif len(BASES_OF[by]) > 1 and len(answer.sheet("indicators").frame):
        answer = _bases(by, year) or answer
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "per_mu")


def _figures(
    context: Context, by: By, period: str, basis: str | None, scheme: str | None
) -> Answer:
    """Answer ``indicators`` with a scheme by its name."""
    chosen = None if scheme is None else load_scheme(context.settings, scheme)
    return indicator_answer(context, by, period, basis, chosen)


def _quadrant(context: Context, answer: Answer, year: int) -> None:
    """Draw output against tax, where both are known of anything."""
    frame = answer.sheet("indicators").frame
    known = frame.dropna(subset=["output_wan_yuan_per_mu", "tax_wan_yuan_per_mu"])
    if not len(known):
        return
    chart, beyond = quadrant_chart(known, context.policy, words())
    show_chart(chart)
    if beyond:
        st.caption(words().text("quadrant_beyond", count=beyond))
    tables = ("platform_indicators",) if "platform_id" in frame else ("enterprise_indicators",)
    show_source(context, tables, str(year))


def _gaps(answer: Answer) -> None:
    """Say how many rows are left out or counted in a way worth knowing, and list them."""
    text = words().text
    totals, rows = answer.sheet("gap_totals"), answer.sheet("gaps")
    if not len(totals.frame):
        if len(answer.sheet("indicators").frame):
            st.caption(text("per_mu_no_gaps"))
        return
    with st.expander(text("per_mu_gaps"), expanded=True):
        _table(answer, totals, TOTAL_COLUMNS)
        _table(answer, rows, GAP_COLUMNS)


def _bases(by: By, year: int) -> Answer | None:
    """Show the denominators side by side once they are asked for: measuring takes seconds."""
    text = words().text
    st.subheader(text("per_mu_denominators"))
    st.caption(text("per_mu_bases_hint"))
    if not st.toggle(text("per_mu_bases_run"), key=f"per_mu_bases_{by}"):
        return None
    with st.spinner(text("per_mu_bases_working")):
        answer = cached_answer(_figures, by, str(year), DEFAULT_BASIS, None)
    for line in answer.summary[1 : len(BASES_OF[by])]:
        st.text(line)
    _table(answer, answer.sheet("denominators"), BASIS_COLUMNS)
    st.subheader(text("per_mu_changes"))
    changes = answer.sheet("rank_changes")
    if len(changes.frame):
        _table(answer, changes, CHANGE_COLUMNS)
    else:
        st.info(text("per_mu_no_changes"))
    if by == "platform":
        st.subheader(text("per_mu_efficiency"))
        st.caption(text("per_mu_efficiency_hint"))
        _table(answer, answer.sheet("land_efficiency"), EFFICIENCY_COLUMNS)
    return answer


def _grades(year: int) -> Answer | None:
    """Grade the firms by the scheme chosen."""
    text = words().text
    st.subheader(text("per_mu_grading"))
    st.caption(text("per_mu_grading_hint"))
    name = st.selectbox(
        text("per_mu_scheme"), scheme_names(settings()), index=None, placeholder=text("choose"),
        key="per_mu_scheme", width=320,
    )  # fmt: skip
    if name is None:
        return None
    answer = cached_answer(_figures, "enterprise", str(year), None, name)
    for line in answer.summary[1:]:
        st.text(line)
    grades = answer.sheet("grading")
    points = tuple(c for c in map(str, grades.frame.columns) if c.startswith("points_of_"))
    _table(answer, grades, (*GRADE_COLUMNS, *points))
    return answer


def _table(answer: Answer, sheet: Sheet, columns: tuple[str, ...]) -> None:
    if not len(sheet.frame):
        st.info(words().text("per_mu_empty"))
        return
    show_list(shown_columns(sheet.frame, columns, words(), answer.titles))
