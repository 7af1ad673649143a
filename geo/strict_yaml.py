"""Strict reading of YAML: known keys, right types, the line of every fault."""

import dataclasses
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml
from yaml.reader import Reader

from geo.errors import MuPlanError, Value
from geo.limits import DEEPEST, LARGEST_BYTES, MOST_ALIASES, MOST_NODES
from geo.tools import nearest_name

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NULL = "tag:yaml.org,2002:null"
TEXT = "tag:yaml.org,2002:str"
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
YES_NO = "tag:yaml.org,2002:bool"
PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")

Data = TypeVar("Data")
Word = TypeVar("Word", bound=str)


@dataclass(frozen=True)
class Fault:
    """What is wrong with a data file.

    ``code``: ``syntax``, ``tab``, ``empty``, ``too_large``, ``too_deep``, ``too_many_aliases``,
      ``too_many_values``, ``not_mapping``, ``not_list``, ``not_text``, ``not_number``,
      ``not_yes_no``, ``not_date``, ``key_unknown``, ``key_missing``, ``key_twice``, ``id_twice``,
      ``word_unknown``, ``value_wrong`` where a dataclass raises ``ValueFaultError``.
    ``source``: Name of what is read.
    ``line``: Line of the fault, from 1.
    ``path``: Keys from the top to the value at fault, joined by dots.
    ``written``: The value at fault as it stands there.
    ``values``: What a sentence may name: ``key``, ``nearest``, ``word``, ``id``, ``limit``,
      ``limit_kb``.
    """

    code: str
    source: str
    line: int
    path: str = ""
    written: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The path of the mapping that the value at fault lies in."""
        return self.path.rpartition(".")[0]


ErrorOf = Callable[[Fault], MuPlanError]
"""Makes the caller's error of a fault."""


class ValueFaultError(ValueError):
    """What ``__post_init__`` of a dataclass raises for the value of a key; the reader knows where.

    Parameters
    ----------
    key
        Key of the value at fault.
    """

    def __init__(self, *, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Block:
    """One mapping of a data file.

    ``source``: Name of what is read.
    ``line``: Where it begins, from 1.
    ``nodes``: The values by key.
    ``error``: Makes the caller's error of a fault.
    ``path``: Keys from the top to it, joined by dots.
    """

    source: str
    line: int
    nodes: Mapping[str, yaml.Node]
    error: ErrorOf = field(repr=False)
    path: str = ""

    def has(self, key: str) -> bool:
        """Return whether the key is there with a value other than null."""
        return key in self.nodes and self.nodes[key].tag != NULL

    def line_of(self, key: str) -> int:
        """Return the line of a value, of the block where the key is absent."""
        return _line(self.nodes[key]) if key in self.nodes else self.line

    def node(self, key: str) -> yaml.Node:
        """Return a value that must be there (``key_missing``)."""
        if not self.has(key):
            raise self.fault("key_missing", key)
        return self.nodes[key]

    def text(self, key: str) -> str:
        """Read a text that must be there and not blank."""
        return self._text(self.node(key), key)

    def optional_text(self, key: str) -> str | None:
        """Read a text, None where it is null or absent."""
        return self.text(key) if self.has(key) else None

    def word(self, key: str, known: Collection[Word]) -> Word:
        """Read a word out of those known (``word_unknown``)."""
        return self._known(self._text(self.node(key), key, blank=True), key, known)

    def words(self, key: str, known: Collection[Word]) -> tuple[Word, ...]:
        """Read words out of those known; a single word stands for a list."""
        return tuple(self._known(text, key, known) for text in self.texts(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts, empty where it is absent; a single text stands for a list."""
        if not self.has(key):
            return ()
        node = self.nodes[key]
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._text(item, key) for item in node.value)
        return (self._text(node, key),)

    def number(self, key: str) -> float:
        """Read a finite number that must be there."""
        return self._number(self.node(key), key)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Read a list of finite numbers."""
        return tuple(self._number(item, key) for item in self._items(self.node(key), key))

    def yes_no(self, key: str) -> bool:
        """Read a yes or no that must be there."""
        return self._yes_no(self.node(key), key)

    def date(self, key: str) -> str | None:
        """Read a date (ISO), None where it is null or absent."""
        if not self.has(key):
            return None
        node = self.nodes[key]
        try:
            if not isinstance(node, yaml.ScalarNode):
                raise ValueError
            return date.fromisoformat(node.value).isoformat()
        except ValueError:
            raise self.fault("not_date", key) from None

    def block(self, key: str, keys: Iterable[str] | None) -> "Block":
        """Read a mapping that must be there; ``keys`` None takes any key."""
        return self._block(self.node(key), key, keys)

    def blocks(self, key: str, keys: Iterable[str] | None) -> list["Block"]:
        """Read a list of mappings, empty where it is absent; ``keys`` None takes any key."""
        if not self.has(key):
            return []
        return [self._block(node, key, keys) for node in self._items(self.nodes[key], key)]

    def check_ids(self, key: str, blocks: Iterable["Block"]) -> None:
        """Refuse a list of mappings in which one ``id`` stands twice (``id_twice``)."""
        names: set[str] = set()
        for block in blocks:
            name = block.text("id")
            if name in names:
                raise self.fault("id_twice", key, block.line, id=name)
            names.add(name)

    def get(self, key: str, kind: type[Data]) -> Data:
        """Read a value of a type that ``fill`` knows; it must be there."""
        value: Data = self._value(self.node(key), key, kind)
        return value

    def fill(self, into: type[Data], base: Data | None = None) -> Data:
        """Make a dataclass of the block.

        Parameters
        ----------
        into
            Dataclass whose fields are text, float, int, bool, Literal, dataclasses, lists, tuples,
            mappings by text, unions of these or None. A field is read from the key of its name.
        base
            Gives what the block leaves out; the fields' defaults without it.

        Returns
        -------
        dataclass
            The values.
        """
        kinds, needed = _fields_of(into)
        values = {}
        for key, kind in kinds.items():
            if self.has(key) or (base is None and key in needed):
                values[key] = self._value(self.node(key), key, kind)
        try:
            return into(**values) if base is None else replace(base, **values)  # type: ignore[type-var]
        except ValueFaultError as error:
            raise self.fault("value_wrong", error.key) from error

    def fault(
        self, code: str, key: str, line: int | None = None, /, **values: Value
    ) -> MuPlanError:
        """Make the caller's error of what is wrong with the value of a key.

        Parameters
        ----------
        code
            Code of the fault.
        key
            Key of the value.
        line
            Line of the fault, None for the line of the value.
        **values
            What its sentence names besides the key.

        Returns
        -------
        MuPlanError
            The error, to be raised.
        """
        at = self.line_of(key) if line is None else line
        written = _written(self.nodes[key]) if key in self.nodes else ""
        return self.error(
            Fault(code, self.source, at, self._path_of(key), written, {"key": key, **values})
        )

    def _path_of(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _block(self, node: yaml.Node, key: str, keys: Iterable[str] | None) -> "Block":
        return _block_of(node, self.source, self.error, keys, self._path_of(key))

    def _items(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.fault("not_list", key)
        items: list[yaml.Node] = node.value
        return items

    def _text(self, node: yaml.Node, key: str, *, blank: bool = False) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != TEXT:
            raise self.fault("not_text", key, _line(node))
        text = str(node.value).strip()
        if not text and not blank:
            raise self.fault("key_missing", key, _line(node))
        return text

    def _number(self, node: yaml.Node, key: str) -> float:
        plain = isinstance(node, yaml.ScalarNode) and node.tag in NUMBERS
        if not plain or not PLAIN_NUMBER.fullmatch(node.value) or math.isinf(float(node.value)):
            raise self.fault("not_number", key, _line(node))
        return float(node.value)

    def _whole(self, node: yaml.Node, key: str) -> int:
        number = self._number(node, key)
        if not number.is_integer():
            raise self.fault("not_number", key, _line(node))
        return int(number)

    def _yes_no(self, node: yaml.Node, key: str) -> bool:
        if node.tag != YES_NO:
            raise self.fault("not_yes_no", key)
        return str(node.value).lower() in ("true", "yes", "on")

    def _known(self, text: str, key: str, known: Collection[Word]) -> Word:
        for word in known:
            if word == text:
                return word
        raise self.fault("word_unknown", key, word=text, nearest=nearest_name(text, known))

    def _value(self, node: yaml.Node, key: str, kind: Any) -> Any:  # noqa: ANN401 - any type
        """Read a node as a type says."""
        plain: dict[Any, Callable[[yaml.Node, str], object]] = {
            str: self._text, float: self._number, int: self._whole, bool: self._yes_no,
        }  # fmt: skip
        if kind in plain:
            return plain[kind](node, key)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return self._block(node, key, keys_of(kind)).fill(kind)
        form, inner = get_origin(kind), get_args(kind)
        if form is Literal:
            return self._known(self._text(node, key, blank=True), key, inner)
        if form in (Union, UnionType):
            return self._value(node, key, _member(inner, node))
        if form in (list, tuple):
            return form(self._sequence(node, key, form, inner))
        if isinstance(form, type) and issubclass(form, Mapping):
            block = self._block(node, key, None)
            return {name: block._value(block.node(name), name, inner[1]) for name in block.nodes}
        raise TypeError(kind)

    def _sequence(
        self, node: yaml.Node, key: str, form: type, inner: tuple[Any, ...]
    ) -> list[object]:
        items = self._items(node, key)
        if form is list or inner[1:] == (...,):
            inner = (inner[0],) * len(items)
        if len(items) != len(inner):
            raise self.fault("not_list", key)
        return [self._value(item, key, kind) for item, kind in zip(items, inner, strict=True)]


def read_data(text: str, into: type[Data], source: str, error: ErrorOf) -> Data:
    r"""Read a data file into a dataclass.

    Parameters
    ----------
    text
        The file (YAML).
    into
        Dataclass of its top mapping, as ``Block.fill`` takes it.
    source
        Name of the file, for errors.
    error
        Makes the caller's error of a fault.

    Returns
    -------
    dataclass
        The values.

    Raises
    ------
    MuPlanError
        What ``error`` makes of the first fault: see ``Fault``.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Road:
    ...     name: str
    ...     width_m: float
    >>> def error(fault):
    ...     return MuPlanError(fault.code, line=fault.line, **fault.values)
    >>> read_data("name: 中山路\nwidth_m: 24\n", Road, "roads", error)
    Road(name='中山路', width_m=24.0)
    >>> read_data("name: 中山路\nwidht_m: 24\n", Road, "roads", error)
    Traceback (most recent call last):
    geo.errors.MuPlanError: ('key_unknown', {'line': 2, 'key': 'widht_m', 'nearest': 'width_m'})
    """
    return read_block(text, source, error, keys_of(into)).fill(into)


def read_block(text: str, source: str, error: ErrorOf, keys: Iterable[str] | None) -> Block:
    """Read the top mapping of a data file.

    Parameters
    ----------
    text
        The file (YAML).
    source
        Name of the file, for errors.
    error
        Makes the caller's error of a fault.
    keys
        Keys the mapping may have, None for any.

    Returns
    -------
    Block
        The mapping.

    Raises
    ------
    MuPlanError
        What ``error`` makes of the first fault: see ``Fault``.
    """
    return _block_of(_compose(text, source, error), source, error, keys, "")


def keys_of(into: type) -> tuple[str, ...]:
    """Return the keys that a dataclass is filled from.

    Parameters
    ----------
    into
        The dataclass.

    Returns
    -------
    tuple of str
        Names of its fields.
    """
    return tuple(item.name for item in dataclasses.fields(into))


def _fields_of(into: type) -> tuple[Mapping[str, object], frozenset[str]]:
    """Return the type of each field, and the fields without default."""
    kinds = get_type_hints(into)
    items = dataclasses.fields(into)
    needed = [
        item.name
        for item in items
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    ]
    return MappingProxyType({item.name: kinds[item.name] for item in items}), frozenset(needed)


def _member(members: Sequence[Any], node: yaml.Node) -> object:
    """Return the member of a union that suits a node."""
    kinds = [kind for kind in members if kind is not NoneType]
    if isinstance(node, yaml.SequenceNode):
        wanted = [kind for kind in kinds if get_origin(kind) in (list, tuple)]
    elif isinstance(node, yaml.MappingNode):
        wanted = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    else:
        numeric = node.tag in NUMBERS
        wanted = [kind for kind in kinds if (kind in (int, float)) == numeric]
    return (wanted or kinds)[0]


def _block_of(
    node: yaml.Node, source: str, error: ErrorOf, keys: Iterable[str] | None, path: str
) -> Block:
    """Take a node as a mapping with known keys, none of them twice."""
    key_of_node = path.rpartition(".")[2]
    if not isinstance(node, yaml.MappingNode):
        values: dict[str, Value] = {"key": key_of_node} if path else {}
        raise error(Fault("not_mapping", source, _line(node), path, _written(node), values))
    known = None if keys is None else tuple(keys)
    nodes: dict[str, yaml.Node] = {}
    block = Block(source, _line(node), nodes, error, path)
    for key_node, value in node.value:
        key, line = str(key_node.value), _line(key_node)
        if known is not None and key not in known:
            raise block.fault("key_unknown", key, line, nearest=nearest_name(key, known))
        if key in nodes:
            raise block.fault("key_twice", key, line)
        nodes[key] = value
    return block


def _compose(text: str, source: str, error: ErrorOf) -> yaml.Node:
    """Read YAML into nodes that know their lines."""
    if len(text.encode()) > LARGEST_BYTES:
        values: dict[str, Value] = {"limit_kb": LARGEST_BYTES // 1000}
        raise error(Fault("too_large", source, 1, values=values))
    try:
        _check_size(text, source, error)
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as fault:
        line = _line_of_error(fault, text)
        lines = text.splitlines()
        written = lines[line - 1] if line <= len(lines) else ""
        indent = written[: len(written) - len(written.lstrip())]
        raise error(Fault("tab" if "\t" in indent else "syntax", source, line)) from fault
    if node is None:
        raise error(Fault("empty", source, 1))
    return node


@dataclass
class _WrittenOut:
    """How large and how deep a text is with every reference written out.

    ``counts, levels``: Values, and levels of nesting, in the whole, then in each list or mapping
      that is open; ``anchors`` their names.
    ``closed``: Values and levels of what has a name.
    """

    counts: list[int] = field(default_factory=lambda: [0])
    levels: list[int] = field(default_factory=lambda: [0])
    anchors: list[str | None] = field(default_factory=lambda: [None])
    closed: dict[str | None, tuple[int, int]] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """Levels from the top to the deepest value of what is open."""
        return len(self.levels) - 2 + self.levels[-1]

    def take(self, event: yaml.Event) -> None:
        """Follow the text by one event."""
        if isinstance(event, yaml.CollectionStartEvent):
            self.counts.append(1)
            self.levels.append(1)
            self.anchors.append(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            size = self.counts.pop(), self.levels.pop()
            self.closed[self.anchors.pop()] = size
            self._add(*size)
        elif isinstance(event, yaml.ScalarEvent):
            self.closed[event.anchor] = 1, 0
            self._add(1, 0)
        elif isinstance(event, yaml.AliasEvent):
            # A reference to what is open goes round for ever; one to nothing is refused later.
            endless = event.anchor in self.anchors
            self._add(*((MOST_NODES + 1, 0) if endless else self.closed.get(event.anchor, (1, 0))))

    def _add(self, count: int, level: int) -> None:
        self.counts[-1] += count
        self.levels[-1] = max(self.levels[-1], level + (len(self.levels) > 1))


def _check_size(text: str, source: str, error: ErrorOf) -> None:
    """Walk the text once without building anything: how deep it goes, how often it refers back."""
    aliases, whole = 0, _WrittenOut()
    for event in yaml.parse(text, Loader=LOADER):
        whole.take(event)
        aliases += isinstance(event, yaml.AliasEvent)
        for code, number, limit in (
            ("too_deep", whole.depth, DEEPEST),
            ("too_many_aliases", aliases, MOST_ALIASES),
            ("too_many_values", whole.counts[-1], MOST_NODES),
        ):
            if number > limit:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise error(Fault(code, source, line, values={"limit": limit}))


def read_plain(text: str, source: str, error: ErrorOf) -> object:
    """Read YAML of any form into plain lists, mappings, texts and numbers.

    Parameters
    ----------
    text
        The file (YAML).
    source
        Name of the file, for errors.
    error
        Makes the caller's error of a fault.

    Returns
    -------
    object
        What the file holds.

    Raises
    ------
    MuPlanError
        What ``error`` makes of a text that is no YAML, too large, too deep or too often referring
        back.
    """
    _compose(text, source, error)
    return yaml.safe_load(text)


def _line_of_error(error: yaml.YAMLError, text: str) -> int:
    """Return the line of a fault; of a character that YAML forbids no mark is given."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    forbidden = Reader.NON_PRINTABLE.search(text)
    return text.count("\n", 0, forbidden.start() if forbidden else 0) + 1


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _written(node: yaml.Node) -> str:
    """Return a value on one line as somebody wrote it."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(map(_written, node.value))}]"
    return f"{{{', '.join(f'{_written(key)}: {_written(value)}' for key, value in node.value)}}}"
