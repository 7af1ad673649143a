"""What one browser session has open, and what all sessions share."""

from pathlib import Path

import streamlit as st

from app.answers.answer import Answer
from app.answers.indicators import indicator_answer
from app.answers.land_search import LandFound, block_list
from app.answers.matching import run_match
from app.answers.pictures import view_of
from app.context import Context, load_scheme, open_context
from app.messages import Catalogue, Language, catalogue
from app.settings import Settings, load_settings
from geo.errors import MuPlanError
from geo.progress import Progress
from layers.maps.view import MapView
from layers.workspace.geopackage import GeoPackageWorkspace
from platforms.indicators.per_mu import By
from platforms.land.blocks import BlockQuery
from platforms.matching.demand import Demand
from platforms.matching.match import MatchResult
from platforms.matching.table import MatchTable

OPEN_PATH = "open_workspace"
AS_OF = "as_of"
LANGUAGE: Language = "zh"

KEPT_SEARCHES = 16

Stamp = tuple[str, int, str | None]
"""A workspace as it is now: its path, the time of its last change, the as-of date asked for."""


def settings() -> Settings:
    """Read the settings of the installation."""
    return load_settings()


def words() -> Catalogue:
    """Give the sentences of the interface."""
    return catalogue(LANGUAGE)


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
    st.session_state.pop(AS_OF, None)


def stamp() -> Stamp:
    """Give the stamp of the open workspace (``workspace_none_open`` where none is)."""
    path = open_path()
    if path is None:
        raise MuPlanError("workspace_none_open")
    return str(path), path.stat().st_mtime_ns, st.session_state.get(AS_OF)


def context() -> Context:
    """Give the open workspace with rules and words."""
    return _context(*stamp())


@st.cache_resource(max_entries=6, show_spinner=False)
def _context(path: str, changed_ns: int, as_of: str | None) -> Context:
    return open_context(Path(path), language=LANGUAGE, as_of=as_of)


def map_view() -> MapView:
    """Give the prepared map of the open workspace."""
    return _map_view(*stamp())


@st.cache_resource(max_entries=4, show_spinner=False)
def _map_view(path: str, changed_ns: int, as_of: str | None) -> MapView:
    return view_of(_context(path, changed_ns, as_of))


def found_blocks(query: BlockQuery) -> LandFound | None:
    """Give the blocks if they were found before for this query and state of the workspace."""
    return _searches().get((*stamp(), query))


def blocks(query: BlockQuery, progress: Progress | None = None) -> LandFound:
    """Find blocks, once for each query and state of the workspace."""
    held, key = _searches(), (*stamp(), query)
    found = held.get(key)
    if found is None:
        found = block_list(context(), query, progress=progress)
        while len(held) >= KEPT_SEARCHES:
            held.pop(next(iter(held)), None)
        held[key] = found
    return found


def indicators(by: By, period: str, basis: str | None, scheme: str | None) -> Answer:
    """Answer ``indicators`` once for each question and state of the workspace."""
    return _indicators(*stamp(), by, period, basis, scheme)


@st.cache_resource(max_entries=24, show_spinner=False)
def _indicators(
    path: str,
    changed_ns: int,
    as_of: str | None,
    by: By,
    period: str,
    basis: str | None,
    scheme: str | None,
) -> Answer:
    held = _context(path, changed_ns, as_of)
    chosen = None if scheme is None else load_scheme(held.settings, scheme)
    return indicator_answer(held, by, period, basis, chosen)


@st.cache_resource(show_spinner=False)
def _searches() -> dict[tuple[str, int, str | None, BlockQuery], LandFound]:
    """Hold the last searches: a cached function must not draw, and a search moves its bar."""
    return {}


def matched(demand: Demand, table: MatchTable) -> MatchResult:
    """Match a project, once for each demand, weights and state of the workspace."""
    return _matched(*stamp(), demand, tuple(table.weights.items()))


@st.cache_resource(max_entries=16, show_spinner=False)
def _matched(
    path: str,
    changed_ns: int,
    as_of: str | None,
    demand: Demand,
    weights: tuple[tuple[str, float], ...],
) -> MatchResult:
    held = _context(path, changed_ns, as_of)
    return run_match(held, demand, held.match_table().with_weights(dict(weights)))
