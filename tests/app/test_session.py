"""Results of a session are worked out once for each question and state of the workspace."""

import os

import pytest

from app import session
from app.session import changed_ns

JANUARY = ("demo.gpkg", 1, "2025-01-31", (), None, "zh")


class Desk:
    """A session whose stamp the test sets, and a job that counts its runs."""

    def __init__(self, monkeypatch):
        self.stamp, self.runs, results = JANUARY, [], {}
        monkeypatch.setattr(session, "stamp", lambda: self.stamp)
        monkeypatch.setattr(session, "_context", lambda at: at)
        monkeypatch.setattr(session, "_results", lambda: results)

    def job(self, at, *key, progress=None):
        self.runs.append(key)
        if progress is not None:
            progress(1.0)
        return at[-1], key


@pytest.fixture
def desk(monkeypatch):
    return Desk(monkeypatch)


def test_a_job_runs_once_for_each_question(desk):
    assert session.cached(desk.job, 2024) == session.cached(desk.job, 2024) == ("zh", (2024,))
    session.cached(desk.job, 2025)
    assert desk.runs == [(2024,), (2025,)]


@pytest.mark.parametrize(
    ("place", "value"), [(0, "other.gpkg"), (1, 2), (2, "2024-01-31"), (3, ("own",)), (4, "jx-nh")]
)
def test_another_workspace_change_day_pack_or_viewer_is_worked_out_anew(desk, place, value):
    session.cached(desk.job, 2024)
    desk.stamp = (*JANUARY[:place], value, *JANUARY[place + 1 :])
    assert not session.is_cached(desk.job, 2024)
    session.cached(desk.job, 2024)
    assert len(desk.runs) == 2


def test_only_answers_are_worked_out_anew_in_another_language(desk):
    session.cached(desk.job, 2024)
    assert session.cached_answer(desk.job, 2025) == ("zh", (2025,))
    desk.stamp = (*JANUARY[:5], "en")
    session.cached(desk.job, 2024)
    assert session.cached_answer(desk.job, 2025) == ("en", (2025,))
    assert desk.runs == [(2024,), (2025,), (2025,)]


def test_whoever_hears_of_progress_does_not_change_the_question(desk):
    told = []
    session.cached(desk.job, 2024, progress=told.append)
    session.cached(desk.job, 2024)
    assert told == [1.0]
    assert session.is_cached(desk.job, 2024)
    assert len(desk.runs) == 1


def test_the_oldest_of_too_many_results_is_forgotten(desk):
    for year in range(session.KEPT_RESULTS + 1):
        session.cached(desk.job, year)
    assert not session.is_cached(desk.job, 0)
    assert session.is_cached(desk.job, 1)


def test_a_job_that_fails_leaves_nothing_behind(desk):
    def fail(_at):
        raise ValueError(str(_at))

    for _ in range(2):
        with pytest.raises(ValueError, match="demo"):
            session.cached(fail)
    assert not session.is_cached(fail)


def test_what_another_program_wrote_beside_the_file_counts_as_a_change(tmp_path):
    path, beside = tmp_path / "w.gpkg", tmp_path / "w.gpkg-wal"
    path.write_bytes(b"x")
    os.utime(path, ns=(1_000, 1_000))
    assert changed_ns(path) == 1_000
    beside.write_bytes(b"")
    os.utime(beside, ns=(3_000, 3_000))
    assert changed_ns(path) == 1_000, "an empty one is made by whoever reads"
    beside.write_bytes(b"y")
    os.utime(beside, ns=(2_000, 2_000))
    assert changed_ns(path) == 2_000
