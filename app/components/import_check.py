"""The check of a file on the page, kept until the file, the question or the workspace changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import streamlit as st

from app.answers.answer import Answer
from app.answers.import_report import fault_table, import_checks
from app.answers.transfer import actor, import_answer, refused_result
from app.components.working import run_with_bar
from app.context import Context, now
from app.session import stamp, words
from geo.progress import Progress
from layers.exchange.fault_table import FaultTable
from layers.exchange.importing import run_import
from layers.exchange.request import ImportRequest, ImportResult, NothingAcceptedError
from layers.workspace.geopackage import GeoPackageWorkspace

ASKED = "import_checked"
FOUND = "import_found"


@dataclass(frozen=True, eq=False)
class Found:
    """What an import or its check gave.

    Attributes
    ----------
    result
        Counts, faults, changes.
    answer
        The same as lists, those of many lines cut short.
    whole
        Gives the whole lists, for export.
    table
        What was done with each class of fault.
    error
        Why nothing could be stored, None where something could.
    """

    result: ImportResult
    answer: Answer
    whole: Callable[[], Answer]
    table: FaultTable
    error: NothingAcceptedError | None = None


def is_checked(request: ImportRequest, *, asked: bool) -> bool:
    """Say whether this question was asked, now or before: choices below it ask it anew."""
    question = _question(request)
    if asked:
        st.session_state[ASKED] = question
    return bool(st.session_state.get(ASKED) == question)


def forget_check() -> None:
    """Forget the check: what it was about is stored."""
    st.session_state.pop(ASKED, None)
    st.session_state.pop(FOUND, None)


def _question(request: ImportRequest) -> tuple[object, ...]:
    content = sha256(request.path.read_bytes()).hexdigest()
    asked = replace(request, path=request.path.relative_to(request.path.parent), dry_run=True)
    return content, repr(asked), stamp()


def action_key(layer: str, code: str) -> str:
    """Name the choice of what is done with a class of fault."""
    return f"import_on_{layer}_{code}"


def chosen_actions(held: Context, layer: str) -> dict[str, str]:
    """Gather what was chosen on this page for each class of fault."""
    classes = fault_table(held).classes
    chosen = {code: st.session_state.get(action_key(layer, code)) for code in classes}
    return {
        code: action for code, action in chosen.items() if action in classes[code].allowed
    }  # fmt: skip


def checked(held: Context, request: ImportRequest, actions: Mapping[str, str]) -> Found:
    """Check a file, once for each question and choice."""
    key = (_question(request), tuple(sorted(actions.items())))
    kept, found = st.session_state.get(FOUND, (None, None))
    if kept != key or not isinstance(found, Found):
        found = import_found(held, request, actions)
        st.session_state[FOUND] = (key, found)
    return found


def import_found(held: Context, request: ImportRequest, actions: Mapping[str, str]) -> Found:
    """Run an import or its check under a bar."""
    error = None

    def run(progress: Progress) -> ImportResult:
        nonlocal error
        checks = import_checks(held, actions, progress)
        try:
            return run_import(GeoPackageWorkspace(held.path), request, actor(), now(), checks)
        except NothingAcceptedError as refusal:
            error = refusal
            return refused_result(request, refusal)

    result = run_with_bar("import", words().text("working"), run)
    answer = import_answer(held, request, result, actions, is_whole=False)

    def whole() -> Answer:
        return import_answer(held, request, result, actions)

    return Found(result, answer, whole, fault_table(held, actions), error)
