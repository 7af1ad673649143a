"""Strict reading of YAML with line numbers."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import yaml
from yaml.reader import Reader

from geo.tools import nearest_name
from platforms.errors import PolicyError

NULL = "tag:yaml.org,2002:null"
TEXT = "tag:yaml.org,2002:str"
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
YES_NO = "tag:yaml.org,2002:bool"
PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


@dataclass(frozen=True)
class Block:
    """One mapping of a pack: its known keys, its line.

    Attributes
    ----------
    pack, line
        Where it stands.
    nodes
        The values by key.
    """

    pack: str
    line: int
    nodes: Mapping[str, yaml.Node]

    def has(self, key: str) -> bool:
        """Say whether the key is there with a value other than null."""
        return key in self.nodes and self.nodes[key].tag != NULL

    def line_of(self, key: str) -> int:
        """Give the line of a value, of the block where the key is absent."""
        return _line(self.nodes[key]) if key in self.nodes else self.line

    def node(self, key: str) -> yaml.Node:
        """Give a value that must be there (``pack_key_missing``)."""
        if not self.has(key):
            raise PolicyError("pack_key_missing", pack=self.pack, line=self.line_of(key), key=key)
        return self.nodes[key]

    def text(self, key: str) -> str:
        """Give a text that must be there and not blank."""
        return self._text(self.node(key), key)

    def optional_text(self, key: str) -> str | None:
        """Give a text, None where it is null or absent."""
        return self.text(key) if self.has(key) else None

    def word(self, key: str, known: Sequence[str]) -> str:
        """Give a word out of those known (``pack_word_unknown``)."""
        return self._known(self._text(self.node(key), key, blank=True), key, known)

    def words(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """Give words out of those known; one alone stands for a list of one."""
        return tuple(self._known(text, key, known) for text in self.texts(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of texts, empty where it is absent; one alone stands for a list of one."""
        if not self.has(key):
            return ()
        node = self.nodes[key]
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._text(item, key) for item in node.value)
        return (self._text(node, key),)

    def number(self, key: str) -> float:
        """Give a finite number that must be there."""
        return self._number(self.node(key), key)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Give a list of finite numbers."""
        node = self.node(key)
        if not isinstance(node, yaml.SequenceNode):
            raise PolicyError("pack_not_list", pack=self.pack, line=self.line_of(key), key=key)
        return tuple(self._number(item, key) for item in node.value)

    def yes_no(self, key: str) -> bool:
        """Give a yes or no that must be there."""
        node = self.node(key)
        if node.tag != YES_NO:
            raise PolicyError("pack_not_yes_no", pack=self.pack, line=self.line_of(key), key=key)
        return str(node.value).lower() in ("true", "yes", "on")

    def date(self, key: str) -> str | None:
        """Give a date (ISO), None where it is null or absent."""
        if not self.has(key):
            return None
        node = self.nodes[key]
        try:
            if not isinstance(node, yaml.ScalarNode):
                raise ValueError
            return date.fromisoformat(node.value).isoformat()
        except ValueError:
            raise PolicyError(
                "pack_not_date", pack=self.pack, line=self.line_of(key), key=key
            ) from None

    def block(self, key: str, keys: Iterable[str] | None) -> "Block":
        """Give a mapping that must be there; ``keys`` None takes any key."""
        return block_of(self.node(key), self.pack, keys)

    def blocks(self, key: str, keys: Iterable[str] | None) -> list["Block"]:
        """Give a list of mappings, empty where it is absent."""
        if not self.has(key):
            return []
        node = self.nodes[key]
        if not isinstance(node, yaml.SequenceNode):
            raise PolicyError("pack_not_list", pack=self.pack, line=self.line_of(key), key=key)
        return [block_of(item, self.pack, keys) for item in node.value]

    def _text(self, node: yaml.Node, key: str, *, blank: bool = False) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != TEXT:
            raise PolicyError("pack_not_text", pack=self.pack, line=_line(node), key=key)
        text = str(node.value).strip()
        if not text and not blank:
            raise PolicyError("pack_key_missing", pack=self.pack, line=_line(node), key=key)
        return text

    def _number(self, node: yaml.Node, key: str) -> float:
        plain = isinstance(node, yaml.ScalarNode) and node.tag in NUMBERS
        if not plain or not PLAIN_NUMBER.fullmatch(node.value) or math.isinf(float(node.value)):
            raise PolicyError("pack_not_number", pack=self.pack, line=_line(node), key=key)
        return float(node.value)

    def _known(self, text: str, key: str, known: Sequence[str]) -> str:
        if text not in known:
            raise PolicyError(
                "pack_word_unknown", pack=self.pack, line=self.line_of(key), key=key, word=text,
                nearest=nearest_name(text, known),
            )  # fmt: skip
        return text


def block_of(node: yaml.Node, pack: str, keys: Iterable[str] | None) -> Block:
    """Take a node as a mapping with known keys.

    Parameters
    ----------
    node
        The node.
    pack
        Name of the pack, for errors.
    keys
        Keys it may have, None for any.

    Returns
    -------
    Block
        The mapping.

    Raises
    ------
    PolicyError
        ``pack_not_mapping``, ``pack_key_unknown``, ``pack_key_twice``.
    """
    if not isinstance(node, yaml.MappingNode):
        raise PolicyError("pack_not_mapping", pack=pack, line=_line(node))
    known = None if keys is None else tuple(keys)
    nodes: dict[str, yaml.Node] = {}
    for key_node, value in node.value:
        key = str(key_node.value)
        line = _line(key_node)
        if known is not None and key not in known:
            raise PolicyError(
                "pack_key_unknown", pack=pack, line=line, key=key, nearest=nearest_name(key, known)
            )
        if key in nodes:
            raise PolicyError("pack_key_twice", pack=pack, line=line, key=key)
        nodes[key] = value
    return Block(pack, _line(node), nodes)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


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
