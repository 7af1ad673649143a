"""What one browser session has open, and what all sessions share."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from app.answers.answer import Answer
from app.answers.changes import ledger_warnings
from app.answers.map import view_of
from app.context import Context, Settings, load_settings, now, open_context
from app.messages import LANGUAGES, Catalogue, Language, catalogue
from app.visits import Visit, last_visit, note_visit
from app.work import Work
from geo.errors import MuPlanError
from geo.tools import Progress
from layers.maps.view import MapView
from layers.workspace.geopackage import GeoPackageWorkspace

OPEN_PATH = "open_workspace"
AS_OF = "as_of"
PACKS = "packs"
VIEWER = "viewer"
LANGUAGE = "language"
ASKED_LANGUAGE = "language_asked"

KEPT_RESULTS = 16
"""So many results of a job are kept; the oldest goes first."""
Result = TypeVar("Result")

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
    return str(path), changed_ns(path), day, packs, viewer, language()


def changed_ns(path: Path) -> int:
    """Give the time of the last change of a workspace [ns].

    A program that has the file open may keep what it wrote in a file beside it for a while.
    """
    beside = path.with_name(f"{path.name}-wal")
    times = [path.stat().st_mtime_ns]
    with suppress(FileNotFoundError):
        state = beside.stat()
        times += [state.st_mtime_ns] if state.st_size else []
    return max(times)


def current_context() -> Context:
    """Give the open workspace with rules and words."""
    return _context(stamp())


@st.cache_resource(max_entries=6, show_spinner=False)
def _context(at: Stamp) -> Context:
    path, _, as_of, packs, viewer, spoken = at
    if spoken != LANGUAGES[0]:  # what is read and found is the same in every language
        return replace(_context(_wordless(at)), words=catalogue(spoken))
    return open_context(Path(path), language=spoken, as_of=as_of, packs=packs, viewer=viewer)


def _wordless(at: Stamp) -> Stamp:
    """Take the language out of a stamp, for what has no words in it."""
    return (*at[:5], LANGUAGES[0])


def context_against(as_of: str, packs: tuple[str, ...]) -> Context:
    """Give the open workspace under another date or other packs."""
    path, changed, _, _, viewer, spoken = stamp()
    return _context((path, changed, as_of, packs, viewer, spoken))


def map_view() -> MapView:
    """Give the prepared map of the open workspace."""
    return cached(view_of)


def cached(job: Callable[..., Result], *key: Hashable, progress: Progress | None = None) -> Result:
    """Do a job without words once for each question and state of the workspace.

    ``job``: Takes the context and ``key``.
    ``progress``: Hears of the share done, where the job tells it.
    """
    at = _wordless(stamp())
    told = {} if progress is None else {"progress": progress}
    return _once(job, at, key, lambda: job(_context(at), *key, **told))


def cached_answer(job: Callable[..., Answer], *key: Hashable) -> Answer:
    """Give an answer, worked out once for each question, language and state of the workspace."""
    at = stamp()
    return _once(job, at, key, lambda: job(_context(at), *key))


def cached_warnings() -> tuple[str, ...]:
    """Say what was changed in the ledger without the product, looked at once for each state.

    Day and rules don't matter to it.
    """
    path, changed, _, _, viewer, spoken = stamp()
    at = (path, changed, None, (), viewer, spoken)
    return _once(ledger_warnings, at, (), lambda: ledger_warnings(current_context()))


def is_cached(job: Callable[..., object], *key: Hashable) -> bool:
    """Say whether ``cached`` has the result of a job already."""
    return (_wordless(stamp()), key) in _results().get(_name(job), {})


def begun(job: Callable[..., object], *key: Hashable) -> Work:
    """Begin a job as work in a thread, once for all sessions that ask the same.

    ``job``: Takes the context, ``key``, ``progress`` and ``offer``; ``cached`` has its result once
      the work is done.
    """
    at, works, results = _wordless(stamp()), _works(), _results()
    name = _name(job), at, key
    work: Work | None = works.get(name)
    if work is None or work.is_cancelled or work.error is not None:
        context = _context(at)

        def run(tell: Progress, _: Callable[[], bool], offer: Callable[[Any], None]) -> object:
            result = job(context, *key, progress=tell, offer=offer)
            _keep(results.setdefault(_name(job), {}), (at, key), result)
            return result

        for other in [name for name, work in works.items() if not work.is_running]:
            del works[other]
        work = works[name] = Work(run)
    return work


def prepare(job: Callable[..., object], *key: Hashable) -> None:
    """Begin a job before anybody asks for it, once for each state of the workspace."""
    asked, prepared = (_name(job), _wordless(stamp()), key), _prepared()
    if asked in prepared:
        return
    if len(prepared) >= KEPT_RESULTS:
        prepared.clear()
    prepared.add(asked)
    if not is_cached(job, *key):
        begun(job, *key)


@st.cache_resource(show_spinner=False)
def _prepared() -> set[tuple[str, Stamp, tuple[Hashable, ...]]]:
    """Keep what was prepared: what somebody ended isn't begun again by itself."""
    return set()


@st.cache_resource(show_spinner=False)
def _works() -> dict[tuple[str, Stamp, tuple[Hashable, ...]], Work]:
    """Keep the works that run, and those begun last."""
    return {}


def _once(
    job: Callable[..., object], at: Stamp, key: tuple[Hashable, ...], run: Callable[[], Result]
) -> Result:
    """Give the result kept, else run the job and forget the oldest of too many."""
    kept = _results().setdefault(_name(job), {})
    result = kept.get((at, key))
    if result is None:
        result = run()
        _keep(kept, (at, key), result)
    return result


def _keep(kept: dict[Any, Any], key: tuple[Stamp, tuple[Hashable, ...]], result: object) -> None:
    """Keep a result, and forget the oldest of too many."""
    while len(kept) >= KEPT_RESULTS:
        kept.pop(next(iter(kept)), None)
    kept[key] = result


def _name(job: Callable[..., object]) -> str:
    return f"{job.__module__}.{job.__qualname__}"


@st.cache_resource(show_spinner=False)
def _results() -> dict[str, dict[tuple[Stamp, tuple[Hashable, ...]], Any]]:
    """Keep the last results of each job: a cached function must not draw, and jobs move bars."""
    return {}


def visit_before(context: Context) -> Visit | None:
    """Give the visit before this session, and note the present one for the next."""
    folder, name = settings().workspace_dir, context.path.name
    slot = f"visit_{context.path}"
    if slot not in st.session_state:
        st.session_state[slot] = last_visit(folder, name)
    audit = context.workspace.audit()["seq"]
    note_visit(folder, name, Visit(now(), int(audit.max()) if len(audit) else 0))
    before: Visit | None = st.session_state[slot]
    return before
