"""Long work in a thread of its own: told how far it is, ended, and what it offers meanwhile."""

import gc
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from geo.errors import MuPlanError
from geo.tools import Progress

LOG = logging.getLogger("muplan")

Run = Callable[[Progress, Callable[[], bool], Callable[[Any], None]], Any]
"""Takes whom it tells the share done, whom it asks whether to end, and whom it offers an answer
that stands until a better one is there."""


class _EndedError(Exception):
    """Ends the work at its next telling."""


class Work:
    """One long work in a thread of its own.

    ``run``: The work; it draws nothing.
    """

    def __init__(self, run: Run) -> None:
        self.share, self.begun = 0.0, time.monotonic()
        self.result: Any = None
        self.offered: Any = None
        self.is_offer_shown = True
        self.error: Exception | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._carry_out, args=(run,), daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it goes on and somebody waits for it."""
        return self._thread.is_alive() and not self._end.is_set()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._end.is_set()

    def end(self) -> None:
        """End it at its next telling."""
        self._end.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, so long at most."""
        self._thread.join(seconds)

    def _offer(self, result: object) -> None:
        self.offered, self.is_offer_shown = result, False

    def _tell(self, share: float) -> None:
        if self._end.is_set():
            raise _EndedError
        self.share = min(max(share, 0.0), 1.0)

    def _carry_out(self, run: Run) -> None:
        # The framework collects all garbage after each drawing: what stands already is passed
        # over meanwhile, else the polls would take more time than the work.
        gc.freeze()
        try:
            self.result = run(self._tell, self._end.is_set, self._offer)
        except _EndedError:
            pass
        except MuPlanError as error:
            self.error = error
        except Exception as error:
            LOG.exception("long work failed")
            self.error = error
        finally:
            gc.unfreeze()
