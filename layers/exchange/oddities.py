"""What a file does differently from its format, gathered by kind with the first places."""

from dataclasses import dataclass, field

from layers.exchange.evidence import Evidence, found

PLACES_NAMED = 5


@dataclass
class Oddities:
    """Oddities of one file: a code each, how often, and where first.

    Attributes
    ----------
    counts
        How often each code was noted.
    places
        The first places of each code, as they are shown.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def note(self, code: str, place: object) -> None:
        """Note one oddity.

        Parameters
        ----------
        code
            Key of a sentence that names ``count`` and ``places``.
        place
            Number of the line, with what stands there where that helps.
        """
        self.counts[code] = self.counts.get(code, 0) + 1
        shown = self.places.setdefault(code, [])
        if len(shown) < PLACES_NAMED:
            shown.append(str(place))

    def evidence(self) -> tuple[Evidence, ...]:
        """Give one note for each kind, in the order first met."""
        return tuple(
            found(code, count=count, places=self._shown(code, count))
            for code, count in self.counts.items()
        )

    def _shown(self, code: str, count: int) -> str:
        more = " …" if count > PLACES_NAMED else ""
        return ", ".join(self.places[code]) + more
