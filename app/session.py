"""What one browser session has open, and what all sessions share."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import streamlit as st

from app.answers.answer import Answer
from app.answers.checks import changed_answer, share_answer, verdict_list
from app.answers.indicators import indicator_answer
from app.answers.map import view_of
from app.answers.matching import evaluate_match
from app.answers.project_ledger import due_answer
from app.answers.targets import evaluation_answer, progress_list, ranking_answer
from app.context import Context, Settings, load_scheme, load_settings, now, open_context
from app.messages import LANGUAGES, Catalogue, Language, catalogue
from app.visits import Visit, last_visit, note_visit
from geo.errors import MuPlanError
from geo.tools import Progress
from layers.maps.view import MapView
from layers.workspace.geopackage import GeoPackageWorkspace
from platforms.checks import CheckQuery
from platforms.indicators.per_mu import By
from platforms.indicators.ranking import RankingQuery
from platforms.land.find import ContiguousLand, contiguous_land
from platforms.land.search import BlockQuery
from platforms.matching.demand import Demand
from platforms.matching.match import Evaluation
from platforms.policy.verdict import Verdict
from platforms.targets.progress import Progress as TargetProgress

OPEN_PATH = "open_workspace"
AS_OF = "as_of"
PACKS = "packs"
VIEWER = "viewer"
LANGUAGE = "language"
ASKED_LANGUAGE = "language_asked"

KEPT_SEARCHES = 16
Key = TypeVar("Key")
Found = TypeVar("Found")

Stamp = tuple[str, int, str | None, tuple[str, ...], str | None, Language]
"""A workspace as it is now: path, time of its last change; date, packs, viewer, language asked."""


def settings() -> Settings:
    """Read the settings of the installation."""
    return load_settings()


def words() -> Catalogue:
    """Give the sentences of the interface."""
    return catalogue(language())


def language() -> Language:
    """Give the language of this session: Chinese unless another one was chosen."""
    chosen: Language = st.session_state.get(LANGUAGE, LANGUAGES[0])
    return chosen


def take_language() -> None:
    """Take the language that the address asks for (``?lang=en``), once for each asking."""
    asked = st.query_params.get("lang")
    if asked != st.session_state.get(ASKED_LANGUAGE):
        st.session_state[ASKED_LANGUAGE] = asked
        if asked in LANGUAGES:
            st.session_state[LANGUAGE] = asked


def workspaces() -> list[Path]:
    """List the workspaces of the folder, the one changed last first."""
    folder = settings().workspace_dir
    files = folder.glob("*.gpkg") if folder.is_dir() else ()
    return sorted(files, key=lambda file: (-file.stat().st_mtime_ns, file.name))


def open_path() -> Path | None:
    """Give the workspace of this session: the one chosen, else the one changed last."""
    chosen = st.session_state.get(OPEN_PATH)
    if chosen is not None and Path(chosen).is_file():
        return Path(chosen)
    for file in workspaces():
        try:
            GeoPackageWorkspace(file)
        except MuPlanError:
            continue
        st.session_state[OPEN_PATH] = str(file)
        return file
    return None


def choose(path: Path) -> None:
    """Open another workspace in this session."""
    st.session_state[OPEN_PATH] = str(path)
    for name in (AS_OF, VIEWER):
        st.session_state.pop(name, None)


def stamp() -> Stamp:
    """Give the stamp of the open workspace (``workspace_none_open`` where none is)."""
    path = open_path()
    if path is None:
        raise MuPlanError("workspace_none_open")
    packs = tuple(st.session_state.get(PACKS, ()))
    viewer = st.session_state.get(VIEWER)
    day = st.session_state.get(AS_OF)
    return str(path), path.stat().st_mtime_ns, day, packs, viewer, language()


def context() -> Context:
    """Give the open workspace with rules and words."""
    return _context(stamp())


@st.cache_resource(max_entries=6, show_spinner=False)
def _context(at: Stamp) -> Context:
    path, _, as_of, packs, viewer, spoken = at
    if spoken != LANGUAGES[0]:  # what is read and found is the same in every language
        return replace(_context(_plainly(at)), words=catalogue(spoken))
    return open_context(Path(path), language=spoken, as_of=as_of, packs=packs, viewer=viewer)


def _plainly(at: Stamp) -> Stamp:
    """Take the language out of a stamp, for what has no words in it."""
    return (*at[:5], LANGUAGES[0])


def context_against(as_of: str, packs: tuple[str, ...]) -> Context:
    """Give the open workspace under another date or other packs."""
    path, changed_ns, _, _, viewer, spoken = stamp()
    return _context((path, changed_ns, as_of, packs, viewer, spoken))


def map_view() -> MapView:
    """Give the prepared map of the open workspace."""
    return _map_view(_plainly(stamp()))


@st.cache_resource(max_entries=4, show_spinner=False)
def _map_view(at: Stamp) -> MapView:
    return view_of(_context(at))


def found_blocks(query: BlockQuery) -> ContiguousLand | None:
    """Give the blocks if they were found before for this query and state of the workspace."""
    return _searches().get((_plainly(stamp()), query))


def found_verdicts(query: CheckQuery) -> list[Verdict] | None:
    """Give the verdicts if they were found before for this query and state of the workspace."""
    return _judgements().get(_judgement_of(query))


def verdicts(query: CheckQuery, progress: Progress | None = None) -> list[Verdict]:
    """Run the checks asked, once for each query and state of the workspace."""
    key = _judgement_of(query)
    return _kept(_judgements(), key, lambda: verdict_list(context(), query, progress))


def _judgement_of(query: CheckQuery) -> tuple[Stamp, CheckQuery]:
    """Name verdicts: asked with the year of the day or without one they are the same."""
    return _plainly(stamp()), replace(query, year=query.figures_year)


def progress(year: int) -> list[TargetProgress]:
    """Give the progress on tasks and targets, once for each year and state of the workspace."""
    return _progress(_plainly(stamp()), year)


@st.cache_resource(max_entries=8, show_spinner=False)
def _progress(at: Stamp, year: int) -> list[TargetProgress]:
    return progress_list(_context(at), year)


def ranking(query: RankingQuery) -> Answer:
    """Answer ``ranking`` once for each question and state of the workspace."""
    return _ranking(stamp(), query)


@st.cache_resource(max_entries=16, show_spinner=False)
def _ranking(at: Stamp, query: RankingQuery) -> Answer:
    return ranking_answer(_context(at), query)


def evaluation(year: int) -> Answer:
    """Answer ``evaluate`` once for each year and state of the workspace."""
    return _evaluation(stamp(), year)


@st.cache_resource(max_entries=8, show_spinner=False)
def _evaluation(at: Stamp, year: int) -> Answer:
    return evaluation_answer(_context(at), year)


def changes(against: Context, query: CheckQuery) -> Answer:
    """Answer which verdicts differ under another date or other packs."""
    return changed_answer(context(), against, query, verdicts(query))


def blocks(query: BlockQuery, progress: Progress | None = None) -> ContiguousLand:
    """Find blocks, once for each query and state of the workspace."""
    key = (_plainly(stamp()), query)
    return _kept(_searches(), key, lambda: _find_land(query, progress))


def _find_land(query: BlockQuery, progress: Progress | None) -> ContiguousLand:
    at = context()
    return contiguous_land(at.source, at.workspace, query, at.as_of, progress=progress)


def _kept(held: dict[Key, Found], key: Key, find: Callable[[], Found]) -> Found:
    """Give what was found before, else find it and forget the oldest of too many."""
    found = held.get(key)
    if found is None:
        found = find()
        while len(held) >= KEPT_SEARCHES:
            held.pop(next(iter(held)), None)
        held[key] = found
    return found


def shares(year: int) -> Answer:
    """Answer ``shares`` once for each year and state of the workspace."""
    return _shares(stamp(), year)


@st.cache_resource(max_entries=8, show_spinner=False)
def _shares(at: Stamp, year: int) -> Answer:
    return share_answer(_context(at), year)


def due() -> Answer:
    """Answer what is due once for each state of the workspace."""
    return _due(stamp())


@st.cache_resource(max_entries=4, show_spinner=False)
def _due(at: Stamp) -> Answer:
    return due_answer(_context(at))


def visit_before(held: Context) -> Visit | None:
    """Give the visit before this session, and note the present one for the next."""
    folder, name = settings().workspace_dir, held.path.name
    slot = f"visit_{held.path}"
    if slot not in st.session_state:
        st.session_state[slot] = last_visit(folder, name)
    audit = held.workspace.audit()["seq"]
    note_visit(folder, name, Visit(now(), int(audit.max()) if len(audit) else 0))
    before: Visit | None = st.session_state[slot]
    return before


def indicators(by: By, period: str, basis: str | None, scheme: str | None) -> Answer:
    """Answer ``indicators`` once for each question and state of the workspace."""
    return _indicators(stamp(), by, period, basis, scheme)


@st.cache_resource(max_entries=24, show_spinner=False)
def _indicators(at: Stamp, by: By, period: str, basis: str | None, scheme: str | None) -> Answer:
    held = _context(at)
    chosen = None if scheme is None else load_scheme(held.settings, scheme)
    return indicator_answer(held, by, period, basis, chosen)


@st.cache_resource(show_spinner=False)
def _judgements() -> dict[tuple[Stamp, CheckQuery], list[Verdict]]:
    """Hold the last verdicts: a cached function must not draw, and checks move their bar."""
    return {}


@st.cache_resource(show_spinner=False)
def _searches() -> dict[tuple[Stamp, BlockQuery], ContiguousLand]:
    """Hold the last searches: a cached function must not draw, and a search moves its bar."""
    return {}


def evaluated(demand: Demand) -> Evaluation:
    """Judge and value the land for a project, once for each demand and state of the workspace."""
    return _evaluated(_plainly(stamp()), demand)


@st.cache_resource(max_entries=16, show_spinner=False)
def _evaluated(at: Stamp, demand: Demand) -> Evaluation:
    held = _context(at)
    return evaluate_match(held, demand, held.match_table())
