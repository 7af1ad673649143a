"""What was recognised in a file, each time as a code with the values it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from geo.errors import Value


@dataclass(frozen=True)
class Evidence:
    """One thing recognised, assumed or changed while a file was read or written.

    Attributes
    ----------
    code
        Key of the sentence in the message catalogue.
    values
        The named values it mentions.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


def found(code: str, /, **values: Value) -> Evidence:
    """Note one thing that was recognised.

    Parameters
    ----------
    code
        Key of the sentence in the message catalogue.
    **values
        The named values it mentions.

    Returns
    -------
    Evidence
        The note.

    Examples
    --------
    >>> found("encoding_sniffed", encoding="GB18030").values["encoding"]
    'GB18030'
    """
    return Evidence(code, MappingProxyType(values))
