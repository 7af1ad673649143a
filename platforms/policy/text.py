"""How the bytes of a pack become YAML nodes, and what is refused before anything is built.

A pack is written by hand and stays small. A file that is large, nested deep or full of references
is no pack; it is refused with one sentence before it can cost memory.
"""

import yaml
from yaml.reader import Reader

from platforms.errors import PolicyError

LARGEST_BYTES = 2_000_000
DEEPEST = 12
MOST_ALIASES = 2_000

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def pack_text(data: bytes, pack: str) -> str:
    r"""Decode a pack.

    Parameters
    ----------
    data
        The file.
    pack
        Its name, for errors.

    Returns
    -------
    str
        The text, without byte order mark.

    Raises
    ------
    PolicyError
        ``pack_too_large``, ``pack_not_utf8`` with the line of the first bytes that aren't UTF-8.

    Examples
    --------
    >>> pack_text(b"\xef\xbb\xbfname: a\n", "a")
    'name: a\n'
    """
    if len(data) > LARGEST_BYTES:
        raise PolicyError(
            "pack_too_large", pack=pack, line=1, limit_kb=LARGEST_BYTES // 1000
        )  # fmt: skip
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PolicyError("pack_not_utf8", pack=pack, line=line) from error


def compose(text: str, pack: str) -> yaml.Node:
    """Read YAML into nodes that know their lines.

    Parameters
    ----------
    text
        The text of a pack.
    pack
        Its name, for errors.

    Returns
    -------
    Node
        The top node.

    Raises
    ------
    PolicyError
        ``pack_too_large``, ``pack_tab``, ``pack_syntax``, ``pack_too_deep``,
        ``pack_too_many_aliases``, ``pack_empty``.
    """
    if len(text) > LARGEST_BYTES:
        pack_text(text.encode(), pack)
    try:
        _survey(text, pack)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        line = _line_of_error(error, text)
        lines = text.splitlines()
        written = lines[line - 1] if line <= len(lines) else ""
        if "\t" in written[: len(written) - len(written.lstrip())]:
            raise PolicyError("pack_tab", pack=pack, line=line) from error
        raise PolicyError("pack_syntax", pack=pack, line=line) from error
    if node is None:
        raise PolicyError("pack_empty", pack=pack, line=1)
    return node


def _survey(text: str, pack: str) -> None:
    """Walk the text once without building anything: how deep it goes, how often it refers back."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > DEEPEST:
            raise PolicyError("pack_too_deep", pack=pack, line=line, limit=DEEPEST)
        if aliases > MOST_ALIASES:
            raise PolicyError("pack_too_many_aliases", pack=pack, line=line, limit=MOST_ALIASES)


def _line_of_error(error: yaml.YAMLError, text: str) -> int:
    """Give the line of a fault; of a character that YAML forbids no mark is given."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    forbidden = Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, forbidden.start() if forbidden else 0) + 1
