"""What every page shares: the sidebar, the head of a page, the buttons that hand out an answer."""

import logging
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import streamlit as st

from app.answers.answer import Answer, Stand, stand_of, write_answer
from app.answers.land import unit_names
from app.components.plain import as_text
from app.context import DEFAULT_PACK, Context, pack_titles
from app.messages import LANGUAGES, catalogue
from app.session import AS_OF, LANGUAGE, PACKS, VIEWER, context, language, open_path, words
from geo.errors import MuPlanError
from layers.exchange.board import Boards
from layers.exchange.report import Report
from layers.exchange.write import REPORT_ENDING, write_report
from platforms.errors import PolicyError
from platforms.projects.viewing import CITY

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
    held = context()
    if held.facts.is_demo:
        st.sidebar.warning(text("demo_mark"))
    st.sidebar.text(held.facts.title)
    day = st.sidebar.date_input(
        text("as_of_label"),
        value=date.fromisoformat(held.as_of),
        help=text("as_of_help"),
        format="YYYY-MM-DD",
        key=f"as_of_{held.path.name}",
    )
    if isinstance(day, date) and day.isoformat() != held.as_of:
        st.session_state[AS_OF] = day.isoformat()
        st.rerun()
    _ask_viewer(held)
    packs = st.sidebar.multiselect(
        text("packs_label"), list(titles := pack_titles(held.settings)),
        default=[DEFAULT_PACK], format_func=titles.get, help=text("packs_help"),
        placeholder=titles.get(DEFAULT_PACK, DEFAULT_PACK), key=f"packs_{held.path.name}",
    )  # fmt: skip
    if tuple(packs) != tuple(st.session_state.get(PACKS, (DEFAULT_PACK,))):
        st.session_state[PACKS] = tuple(packs)
        st.rerun()
    st.sidebar.caption(
        text("pack_said", pack=held.policy.pack.title, edition=held.policy.pack.edition)
    )


def _ask_viewer(held: Context) -> None:
    """Ask who looks: until there are accounts, a unit is told apart by choice (C10)."""
    text = words().text
    names = {CITY: text("viewer_city"), **unit_names(held)}
    viewer = st.sidebar.selectbox(
        text("viewer_label"), list(names), index=list(names).index(held.viewer or CITY),
        format_func=names.get, help=text("viewer_help"), key=f"viewer_{held.path.name}",
    )  # fmt: skip
    if (None if viewer == CITY else viewer) != held.viewer:
        st.session_state[VIEWER] = None if viewer == CITY else viewer
        st.rerun()
    if held.viewer is not None:
        st.sidebar.caption(text("viewer_said", viewer=names[held.viewer]))


def _language() -> None:
    """Let the language be chosen; each stands under its own name."""
    chosen = st.sidebar.segmented_control(
        words().text("language_label"), LANGUAGES, default=language(),
        format_func=lambda one: catalogue(one).text("language_name"), label_visibility="collapsed",
    )  # fmt: skip
    if chosen is not None and chosen != language():
        st.session_state[LANGUAGE] = chosen
        st.rerun()


def page_head(held: Context, title: str, question: str) -> None:
    """Say what a page answers, for which date and by which rules."""
    text = words().text
    mark = f" 〔{text('demo_short')}〕" if held.facts.is_demo else ""
    st.header(f"{text(title)}{mark}")
    st.caption(f"{text(question)}　{text('as_of_said', as_of=held.as_of)}")


def within_border(show: Callable[[], None]) -> None:
    """Show a page, or a part of one that is drawn again by itself; an error becomes one sentence.

    Parameters
    ----------
    show
        Draws it.
    """
    try:
        show()
    except MuPlanError as error:
        st.error(as_text(words().error(error)))
    except Exception:
        LOG.exception("a page failed")
        st.error(words().text("page_failed"))


def show_where_held(show: Callable[[], None]) -> None:
    """Show a part of a page, or the sentence that says what the rule packs chosen don't hold.

    Parameters
    ----------
    show
        Draws the part; a ``PolicyError`` of it leaves the rest of the page as it is.
    """
    try:
        show()
    except PolicyError as error:
        st.info(as_text(words().error(error)))


def hand_out(
    answer: Answer | Callable[[], Answer],
    held: Context,
    endings: tuple[str, ...],
    key: str,
    report: Callable[[], Report | Boards] | None = None,
    title: str | None = None,
    stand: Callable[[Context], Stand] = stand_of,
) -> None:
    """Offer an answer as files; each is made when it is asked for.

    Parameters
    ----------
    answer
        The answer, or what makes it where that takes long; then ``title`` names the file.
    held
        Workspace, rules, language.
    endings
        Formats offered.
    key
        Of the buttons; one answer of a page has one.
    report
        Makes the printable report that stands for the lists in a document; None for the lists.
    title
        Name of the files, None for the answer's own.
    stand
        Says what the answer stands on: of the ledger also the head of its chain.
    """
    text = words().text
    mark = text("demo_short") if held.facts.is_demo else ""
    named = title if title is not None else answer.title if isinstance(answer, Answer) else key
    row = st.container(horizontal=True)
    for ending in endings:
        name = f"{named}{mark}_{held.as_of}{ending}".replace("/", "-").replace("\\", "-")
        row.download_button(
            text("download_as", ending=ending),
            data=lambda ending=ending: _file_of(answer, held, ending, report, stand),
            file_name=name,
            mime=MIME[ending],
            on_click="ignore",
            key=f"{key}{ending}",
        )


def _file_of(
    answer: Answer | Callable[[], Answer],
    held: Context,
    ending: str,
    report: Callable[[], Report | Boards] | None,
    stand: Callable[[Context], Stand],
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{ending}"
        if report is not None and ending == REPORT_ENDING:
            write_report(path, report())
        else:
            made = answer if isinstance(answer, Answer) else answer()
            write_answer(made, stand(held), path)
        return path.read_bytes()
