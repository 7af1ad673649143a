"""A reason as a code with named values, put into words only in ``app``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from geo.errors import Value


@dataclass(frozen=True)
class Statement:
    """One thing said about a site, a gate or a figure.

    Attributes
    ----------
    code
        Key of the sentence in the message catalogue.
    values
        The named values it mentions, unrounded, in the unit that the sentence states.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


def say(code: str, /, **values: Value) -> Statement:
    """Make a statement.

    Parameters
    ----------
    code
        Key of the sentence; a test holds codes and values against the catalogue.
    **values
        The named values it mentions.

    Returns
    -------
    Statement
        The statement.

    Examples
    --------
    >>> say("size_short", area_mu=88.0).values["area_mu"]
    88.0
    """
    return Statement(code, MappingProxyType(values))
