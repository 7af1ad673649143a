"""What the rules of one run share, and which layers each of them rests on."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from platforms.results import KeptResults, results_of
from platforms.source import LayerSource, competition_of, viewer_of

Computed = TypeVar("Computed")


class NotedReads:
    """Layers as they are, with the names of those that somebody read by this.

    ``source``: The layers; of another of these those behind it.
    """

    def __init__(self, source: LayerSource) -> None:
        self._source: LayerSource = source._source if isinstance(source, NotedReads) else source
        self.names: set[str] = set()

    @property
    def results(self) -> KeptResults:
        """Results kept for the layers."""
        return results_of(self._source)

    @property
    def viewer(self) -> str | None:
        """Unit that looks (知晓范围), None for the city."""
        return viewer_of(self._source)

    @property
    def sealed(self) -> LayerSource:
        """Layers on which competition between units is judged; what is read of them counts too."""
        sealed = competition_of(self._source)
        if sealed is self._source:
            return self
        noted = NotedReads(sealed)
        noted.names = self.names
        return noted

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer, as ``LayerSource.read``."""
        self.names.add(layer)
        return self._source.read(layer)


@dataclass(eq=False)
class _Shared:
    """Something computed for all rules: reads it does later, when asked, are noted by it too."""

    value: Any
    source: NotedReads | None = None
    used: list["_Shared"] = field(default_factory=list)


class RunMemo:
    """What the rules of a run computed for all of them, as one rule uses it."""

    def __init__(
        self, shared: dict[Hashable, _Shared] | None = None, used: list[_Shared] | None = None
    ) -> None:
        self._shared = {} if shared is None else shared
        self._used = [] if used is None else used

    def of_rule(self) -> "RunMemo":
        """Give the memo to a rule: what is in it is the same, what the rule uses is its own."""
        return RunMemo(self._shared)

    def with_value(self, key: Hashable, value: object) -> "RunMemo":
        """Give the memo with something that is at hand already."""
        return RunMemo({**self._shared, key: _Shared(value)}, self._used)

    def once(
        self,
        key: Hashable,
        source: LayerSource,
        compute: Callable[[LayerSource, "RunMemo"], Computed],
    ) -> Computed:
        """Give what was computed under a key, else compute it from layers whose reads are noted."""
        entry = self._shared.get(key)
        if entry is None:
            noted = NotedReads(source)
            entry = _Shared(None, noted)
            entry.value = compute(noted, RunMemo(self._shared, entry.used))
            self._shared[key] = entry
        self._used.append(entry)
        value: Computed = entry.value
        return value

    def layers_read(self) -> set[str]:
        """Name the layers behind everything used, by whomever they were read."""
        names: set[str] = set()
        seen: set[int] = set()
        left = list(self._used)
        while left:
            entry = left.pop()
            if id(entry) in seen:
                continue
            seen.add(id(entry))
            names |= set() if entry.source is None else entry.source.names
            left += entry.used
        return names
