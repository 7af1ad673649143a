"""Head, downloads, tables, texts."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
import streamlit as st
from pandas.io.formats.style import Styler

from app.answers.answer import Answer, Stand, stand_of, write_answer
from app.answers.changes import ledger_warnings
from app.answers.evidence import COLOURS
from app.answers.topology import broken_shapes
from app.context import DEFAULT_PACK, Context, pack_titles, unit_names
from app.messages import LANGUAGES, LONGEST_VALUE, Catalogue, catalogue
from app.session import (
    AS_OF,
    LANGUAGE,
    PACKS,
    VIEWER,
    cached_warnings,
    current_context,
    language,
    open_path,
    words,
)
from geo.errors import MuPlanError, Value
from layers.exchange.heading import ExportHeading
from layers.exchange.writers.sheet import display_table
from layers.exchange.writers.word import Report
from layers.exchange.writers.word_board import Boards
from layers.exchange.writers.write import REPORT_ENDING, write_report
from layers.fields import unit_in
from layers.scratch import temporary_folder
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.sqlite_file import BUSY_SECONDS
from platforms.errors import PolicyError
from platforms.ledger.visibility import CITY

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|<>~$:&])")


def as_text(sentence: str) -> str:
    r"""Take away the meaning that a sentence's characters have as markup.

    ``sentence``: A sentence with names, paths or values from data in it.

    Markdown that shows exactly this sentence.

    >>> as_text("[x](http)")
    '\\[x\\]\\(http\\)'
    """
    return SPECIAL.sub(r"\\\1", sentence)


def say_lines(lines: tuple[str, ...]) -> None:
    """Show sentences one below the other."""
    for line in lines:
        st.markdown(as_text(line))


DECIMALS = 2
UNIT_COLUMNS = ("measure", "unit")
"""Columns that hold a unit of measure."""
MISSING = "–"


def shown_columns(
    frame: pd.DataFrame,
    columns: Sequence[str],
    words: Catalogue,
    titles: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Give a list as people read it.

    ``frame``: Rows with the vocabulary's column names.
    ``columns``: The columns shown, in order.
    ``titles``: Headings of columns outside the vocabulary; none given: ``column_<name>``.

    The same rows under their headings; figures rounded to two decimals, on the screen only.
    """
    column_titles = {
        name: words.text(f"column_{name}")
        for name in columns
        if f"column_{name}" in words.sentences
    }
    heading = ExportHeading(
        "", {}, language=words.language, titles={**column_titles, **(titles or {})}
    )
    rows = pd.DataFrame(frame)[list(columns)].copy()
    for name in UNIT_COLUMNS:
        if name in rows:
            rows[name] = [
                unit_in(unit, words.language) if isinstance(unit, str) else unit
                for unit in rows[name]
            ]
    headings, cells = display_table(rows, heading)
    display = pd.DataFrame(dict(zip(headings, cells, strict=True)), dtype="object")
    for name, title in zip(columns, headings, strict=False):
        display[title] = _figures(display[title], is_share="share" in name.split("_"))
    return display


def _figures(cells: pd.Series, *, is_share: bool) -> pd.Series:
    """Show shares as percentages and whole numbers as such; round other figures."""
    known = cells.dropna()
    if not len(known) or not known.map(lambda cell: type(cell) in (int, float)).all():
        return cells
    if is_share:
        return cells.map(lambda cell: MISSING if pd.isna(cell) else f"{cell:.1%}")
    if known.map(lambda cell: isinstance(cell, int)).all():
        whole = cells.astype("Int64")
        return (
            whole.astype("str").where(whole.notna(), MISSING) if len(known) < len(cells) else whole
        )
    return cells.astype("float64").round(DECIMALS)


def show_list(table: pd.DataFrame, **options: object) -> Any:  # noqa: ANN401
    """Show a list: its look, no index, the whole width, – for what is missing.

    ``table``: As ``shown_columns`` gives it.
    ``**options``: Further ones of ``st.dataframe`` (height, selection).

    The rows chosen, where ``on_select`` asks for them.
    """
    return st.dataframe(
        styled(table), hide_index=True, width="stretch", placeholder=MISSING, **options
    )


def styled(table: pd.DataFrame) -> Styler:
    """Give a table its look: thousands and two decimals, – for what is missing, coloured signs."""
    numbers = [name for name in table.columns if pd.api.types.is_float_dtype(table[name])]
    look = table.style.format(na_rep=MISSING)
    look = look.format(f"{{:,.{DECIMALS}f}}", subset=numbers, na_rep=MISSING)
    return look.map(_colour)


def _colour(value: object) -> str:
    colour = COLOURS.get(str(value)[:1])
    return f"color: {colour}; font-weight: 600" if colour else ""


LOG = logging.getLogger("muplan")

MIME = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".csv": "text/csv",
    ".gpkg": "application/geopackage+sqlite3",
    ".geojson": "application/geo+json",
    ".shp.zip": "application/zip",
    ".txt": "text/plain",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".dxf": "image/vnd.dxf",
}


def sidebar() -> None:
    """Say which workspace is open, on which date, and that a demonstration is one."""
    text = words().text
    st.sidebar.markdown(f"### {text('app_title')}")
    _language()
    if open_path() is None:
        return
    context = current_context()
    if context.facts.is_demo:
        st.sidebar.warning(text("demo_mark"))
    st.sidebar.text(context.facts.title)
    day = st.sidebar.date_input(
        text("as_of_label"),
        value=date.fromisoformat(context.as_of),
        help=text("as_of_help"),
        format="YYYY-MM-DD",
        key=f"as_of_{context.path.name}",
    )
    if isinstance(day, date) and day.isoformat() != context.as_of:
        st.session_state[AS_OF] = day.isoformat()
        st.rerun()
    _ask_viewer(context)
    packs = st.sidebar.multiselect(
        text("packs_label"), list(titles := pack_titles(context.settings)),
        default=[DEFAULT_PACK], format_func=titles.get, help=text("packs_help"),
        placeholder=titles.get(DEFAULT_PACK, DEFAULT_PACK), key=f"packs_{context.path.name}",
    )  # fmt: skip
    if tuple(packs) != tuple(st.session_state.get(PACKS, (DEFAULT_PACK,))):
        st.session_state[PACKS] = tuple(packs)
        st.rerun()
    st.sidebar.caption(
        text("pack_said", pack=context.policy.pack.title, edition=context.policy.pack.edition)
    )


def warn_of_ledger() -> None:
    """Say above every page what was changed in the ledger without the product."""
    if open_path() is None:
        return
    for sentence in cached_warnings():
        st.error(as_text(sentence), icon=":material/gpp_maybe:")


@contextmanager
def changing(context: Context) -> Iterator[Context]:
    """Give a context whose changes say on the page when they wait for another program."""
    place = st.empty()

    def waiting(waited_s: float) -> None:
        place.info(words().text("workspace_waiting", waited=waited_s, most=BUSY_SECONDS))

    try:
        yield replace(context, workspace=GeoPackageWorkspace(context.path, waiting))
    finally:
        place.empty()


def _ask_viewer(context: Context) -> None:
    """Ask who looks: until there are accounts, a unit is told apart by choice (C10)."""
    text = words().text
    names = {CITY: text("viewer_city"), **unit_names(context)}
    viewer = st.sidebar.selectbox(
        text("viewer_label"), list(names), index=list(names).index(context.viewer or CITY),
        format_func=names.get, help=text("viewer_help"), key=f"viewer_{context.path.name}",
    )  # fmt: skip
    if (None if viewer == CITY else viewer) != context.viewer:
        st.session_state[VIEWER] = None if viewer == CITY else viewer
        st.rerun()
    if context.viewer is not None:
        st.sidebar.caption(text("viewer_said", viewer=names[context.viewer]))


def _language() -> None:
    """Let the language be chosen; each stands under its own name."""
    chosen = st.sidebar.segmented_control(
        words().text("language_label"),
        LANGUAGES,
        default=language(),
        format_func=lambda code: catalogue(code).text("language_name"),
        label_visibility="collapsed",
    )
    if chosen is not None and chosen != language():
        st.session_state[LANGUAGE] = chosen
        st.rerun()


def page_head(context: Context, title: str, question: str) -> None:
    """Say what a page answers, for which date and by which rules."""
    text = words().text
    mark = f" 〔{text('demo_short')}〕" if context.facts.is_demo else ""
    st.header(f"{text(title)}{mark}")
    st.caption(f"{text(question)}　{text('as_of_said', as_of=context.as_of)}")
    for fault in context.workspace.stored_results.faults.values():
        st.caption(error_text(fault))


def error_text(error: MuPlanError) -> str:
    """Say an error on a page: of a file its name only, never the folder."""
    values = {name: _without_folder(value) for name, value in error.values.items()}
    return as_text(words().error(MuPlanError(error.code, **values)))


def _without_folder(value: Value) -> Value:
    if isinstance(value, str) and len(value) < LONGEST_VALUE and Path(value).is_absolute():
        return Path(value).name
    return value


def within_border(show: Callable[[], None]) -> None:
    """Show a page, or a part of one that is drawn again by itself; errors become a sentence."""
    try:
        show()
    except MuPlanError as error:
        st.error(error_text(error))
    except Exception as error:
        LOG.exception("a page failed")
        told = None
        if isinstance(error, shapely.errors.GEOSException) and open_path() is not None:
            told = broken_shapes(current_context())
        st.error(words().text("page_failed") if told is None else error_text(told))


def show_where_held(show: Callable[[], None]) -> None:
    """Show a part of a page, or the sentence that says what the rule packs chosen don't hold.

    ``show``: Draws the part; a ``PolicyError`` of it leaves the rest of the page as it is.
    """
    try:
        show()
    except PolicyError as error:
        st.info(error_text(error))


def hand_out(
    answer: Answer | Callable[[], Answer],
    context: Context,
    endings: tuple[str, ...],
    key: str,
    report: Callable[[], Report | Boards] | None = None,
    title: str | None = None,
    stand: Callable[[Context], Stand] = stand_of,
) -> None:
    """Offer an answer as files; each is made when it is asked for.

    ``answer``: The answer, or what makes it where that takes long; then ``title`` names the file.
    ``key``: Of the buttons; one answer of a page has one.
    ``report``: Makes the printable report that stands for the lists in a document; None for the
      lists.
    ``title``: Name of the files, None for the answer's own.
    """
    text = words().text
    mark = text("demo_short") if context.facts.is_demo else ""
    file_title = title if title is not None else answer.title if isinstance(answer, Answer) else key
    row = st.container(horizontal=True)
    for ending in endings:
        name = f"{file_title}{mark}_{context.as_of}{ending}".replace("/", "-").replace("\\", "-")
        row.download_button(
            text("download_as", ending=ending),
            data=lambda ending=ending: _file_of(answer, context, ending, report, stand),
            file_name=name,
            mime=MIME[ending],
            on_click="ignore",
            key=f"{key}{ending}",
        )


def _warned(stand: Stand, context: Context) -> Stand:
    """Let every file of a page say what was changed in the ledger without the product."""
    return stand if stand.warnings else replace(stand, warnings=ledger_warnings(context))


def _file_of(
    answer: Answer | Callable[[], Answer],
    context: Context,
    ending: str,
    report: Callable[[], Report | Boards] | None,
    stand: Callable[[Context], Stand],
) -> bytes:
    with temporary_folder() as folder:
        path = folder / f"list{ending}"
        if report is not None and ending == REPORT_ENDING:
            write_report(path, report())
        else:
            answer_made = answer if isinstance(answer, Answer) else answer()
            write_answer(answer_made, _warned(stand(context), context), path)
        return path.read_bytes()
