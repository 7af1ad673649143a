"""Long work on a page: how far it is, and a button that ends it."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from app.session import found_verdicts, verdicts, words
from geo.progress import Progress
from platforms.checks import CheckQuery
from platforms.verdict import Verdict

Result = TypeVar("Result")


def run_with_bar(key: str, label: str, run: Callable[[Progress], Result]) -> Result:
    """Run long work under a bar.

    Parameters
    ----------
    key
        Of the button that ends it; one work of a page has one.
    label
        What is done, in words.
    run
        The work, which tells the share done. The page framework ends it at the next telling once
        the button is pressed; the page then says so and shows nothing further.

    Returns
    -------
    Result
        What the work gives.
    """
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, label)
        ended = st.button(words().text("work_cancel"), key=f"cancel_{key}")
    if ended:
        place.info(words().text("work_cancelled"))
        st.stop()
    result = run(lambda share: bar.progress(min(share, 1.0), label) and None)
    place.empty()
    return result


def judged_with_bar(query: CheckQuery) -> list[Verdict]:
    """Give the verdicts asked, run under a bar where they weren't found before.

    Parameters
    ----------
    query
        What is to be checked.

    Returns
    -------
    list of Verdict
        As ``run_checks`` gives them.
    """
    found = found_verdicts(query)
    if found is not None:
        return found
    return run_with_bar(
        "checks", words().text("working_checks"), lambda progress: verdicts(query, progress)
    )
