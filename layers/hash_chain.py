"""The chain of hashes over the entries of an append-only table: what was changed since shows.

Each entry carries the hash of the entry before it and its own, which is taken over that hash and
its values. The hash of the last entry, the head, stands for all of them.
"""

import hashlib
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from layers.contracts import Contract
from layers.errors import LayerError

HASH_COLUMNS = ("previous_sha256", "row_sha256")
SEQUENCE = "entry_seq"
ORIGIN = "0" * 64
"""Stands before the first entry."""

_SORTED = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Break:
    """One place at which the chain doesn't hold.

    ``code``: ``chain_row_changed``, ``chain_row_unsealed``, ``chain_rows_inserted``,
      ``chain_row_moved``, ``chain_rows_removed``; a sentence of the catalogue.
    ``key``: The entry at which it shows.
    ``others``: Entries meant beside it: those put in between.
    """

    code: str
    key: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """The chain as it stands.

    ``heads``: The head after each entry, ``ORIGIN`` first.
    ``unsealed``: How many of the first entries carry no hash: theirs was computed from their
      order.
    ``breaks``: Where it doesn't hold.
    ``last``: Number (``entry_seq``) of the last entry, None where there is none.
    """

    heads: tuple[str, ...]
    unsealed: int
    breaks: tuple[Break, ...]
    last: int | None = None

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self.heads[-1]

    def since(self, head: str) -> int | None:
        """Count the entries made since a head was the last, None where it never was."""
        if head not in self.heads:
            return None
        return len(self.heads) - 1 - self.heads.index(head)


def is_chained(contract: Contract) -> bool:
    """Say whether entries of a table carry hashes."""
    return contract.append_only and set(HASH_COLUMNS) <= set(contract.columns)


def hash_of(text: str) -> str:
    """Read a hash as it was printed (``chain_hash_bad``): 64 hexadecimal digits, in any case."""
    plain = text.strip().lower()
    if not _HASH.fullmatch(plain):
        raise LayerError("chain_hash_bad", hash=text)
    return plain


def row_hash(previous: str, row: Mapping[Hashable, Any], contract: Contract) -> str:
    """Hash one entry.

    ``row``: Its values; what is missing is left out, so that a column added later changes no
      hash.
    ``contract``: Its table; only columns of the vocabulary count.

    sha256 over the hash before and the values as JSON, keys in order.
    """
    values = {}
    for name in contract.columns:
        value = row.get(name)
        if name in HASH_COLUMNS or value is None or value is pd.NA or value != value:  # NaN
            continue
        values[name] = int(value) if contract.field(name).kind == "int" else str(value)
    text = _SORTED.encode(values)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def seal(entries: pd.DataFrame, newer: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Give new entries their hashes, behind those held.

    ``held, fresh``: Entries held, and new ones, both with the contract's types.

    The new entries; a hash they came with is replaced.

    Raises LayerError: ``entry_seq_behind`` where one isn't behind all that are held.
    """
    return seal_behind(examine(entries, contract), newer, contract)[0]


def seal_behind(
    chain: Chain, newer: pd.DataFrame, contract: Contract
) -> tuple[pd.DataFrame, Chain]:
    """Give new entries their hashes as ``seal`` does, and the chain with them at its end."""
    if not len(newer):
        return newer, chain
    first, last = int(newer[SEQUENCE].min()), int(newer[SEQUENCE].max())
    if chain.last is not None and first <= chain.last:
        raise LayerError("entry_seq_behind", layer=contract.name, entry_seq=first, last=chain.last)
    head = chain.head
    sealed = _ordered(newer, contract)
    pairs = []
    for row in _records(sealed):
        pairs.append((head, row_hash(head, row, contract)))
        head = pairs[-1][1]
    hashes = pd.DataFrame(pairs, columns=list(HASH_COLUMNS), index=sealed.index, dtype="str")
    whole = sealed.assign(**{name: hashes[name] for name in HASH_COLUMNS}).loc[newer.index]
    heads = (*chain.heads, *(row_digest for _, row_digest in pairs))
    return whole, Chain(heads, chain.unsealed, chain.breaks, last)


def examine(frame: pd.DataFrame, contract: Contract) -> Chain:
    """Follow the chain from the first entry to the last.

    Parameters
    ----------
    frame
        All entries.
    contract
        The table.

    Returns
    -------
    Chain
        Its heads and every place at which it doesn't hold. Entries at the beginning that carry no
        hash come from a file older than the chain; theirs are computed.
    """
    rows = _records(_ordered(frame, contract))
    keys = [str(row[contract.key]) for row in rows]
    stored = [tuple(_text(row.get(name)) for name in HASH_COLUMNS) for row in rows]
    unsealed = next((n for n, (_, row_digest) in enumerate(stored) if row_digest), len(rows))
    heads, breaks = [ORIGIN], []
    places = {row_digest: n for n, (_, row_digest) in enumerate(stored) if row_digest}
    for n, (row, (previous, row_digest)) in enumerate(zip(rows, stored, strict=True)):
        if n < unsealed:
            row_digest = row_hash(heads[-1], row, contract)
            places[row_digest] = n
        elif not row_digest:
            breaks.append(Break("chain_row_unsealed", keys[n]))
            row_digest = row_hash(heads[-1], row, contract)
        elif row_digest != row_hash(previous, row, contract):
            breaks.append(Break("chain_row_changed", keys[n]))
        if n >= unsealed and previous and previous != heads[-1]:
            breaks.append(_gap(n, places.get(previous, -1 if previous == ORIGIN else None), keys))
        heads.append(row_digest)
    last = int(frame[SEQUENCE].max()) if len(frame) else None
    return Chain(tuple(heads), unsealed, tuple(breaks), last)


def _gap(n: int, before: int | None, keys: Sequence[str]) -> Break:
    """Say what came between an entry and the one it was entered behind."""
    if before is None:
        return Break("chain_rows_removed", keys[n])
    if before >= n:
        return Break("chain_row_moved", keys[n])
    return Break("chain_rows_inserted", keys[n], tuple(keys[before + 1 : n]))


def _records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Give rows with their values; column by column, which is many times faster than by row."""
    columns = [frame[name].tolist() for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _ordered(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    return pd.DataFrame(frame).sort_values([SEQUENCE, contract.key], kind="stable")


def _text(value: object) -> str:
    """Give a text; what the file holds in the place of a hash may be anything."""
    return value if isinstance(value, str) else ""
