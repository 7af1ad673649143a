"""A long call while which a listener is asked: its result, its errors, and its end."""

from threading import Event

import pytest

from geo import tools
from geo.tools import awaited


class EndedError(Exception):
    pass


@pytest.fixture(autouse=True)
def _asks_at_once(monkeypatch):
    monkeypatch.setattr(tools, "WAITS_S", 0.0)


def test_a_listener_ends_the_waiting_for_a_call_that_goes_on():
    goes_on = Event()

    def listener(share):
        raise EndedError

    with pytest.raises(EndedError):
        awaited(goes_on.wait, listener)
    goes_on.set()


def test_a_listener_is_asked_until_the_call_gives_its_result():
    asked = Event()
    assert awaited(lambda: asked.wait(60), lambda share: asked.set()) is True
    assert asked.is_set()


def test_what_the_call_raises_is_raised_with_and_without_a_listener():
    for listener in (None, lambda share: None):
        with pytest.raises(ZeroDivisionError):
            awaited(lambda: 1 // 0, listener)
