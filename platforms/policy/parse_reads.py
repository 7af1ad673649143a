"""What a rule reads and which rows it counts: layers, columns and words known to the contracts."""

from collections.abc import Mapping

import yaml

from geo.nearest import nearest_name
from layers.contracts import CONTRACTS
from layers.fields import FIELDS, Field
from platforms.errors import PolicyError
from platforms.policy.nodes import Block
from platforms.policy.rules import Condition
from platforms.policy.vocabulary import CONDITION_COMPARATORS, Comparator

CONDITION_KEYS = ("column", "comparator", "value")

Reads = Mapping[str, tuple[str, ...]]


def columns_read(block: Block) -> dict[str, tuple[str, ...]]:
    """Give the layers and columns a rule reads.

    Parameters
    ----------
    block
        The rule.

    Returns
    -------
    dict
        Columns by layer, ``geometry`` among them where the shape is read.

    Raises
    ------
    PolicyError
        ``pack_layer_unknown``, ``pack_column_unknown``, with the nearest known name.
    """
    if not block.has("reads"):
        return {}
    inner = block.block("reads", None)
    reads = {}
    for layer in inner.nodes:
        line = inner.line_of(layer)
        if layer not in CONTRACTS:
            raise PolicyError(
                "pack_layer_unknown", pack=block.pack, line=line, layer=layer,
                nearest=nearest_name(layer, CONTRACTS),
            )  # fmt: skip
        columns = inner.texts(layer)
        known = CONTRACTS[layer].columns
        if CONTRACTS[layer].is_spatial:
            known = (*known, "geometry")
        for column in columns:
            if column not in known:
                raise PolicyError(
                    "pack_column_unknown", pack=block.pack, line=line, layer=layer, column=column,
                    nearest=nearest_name(column, known),
                )  # fmt: skip
        reads[layer] = columns
    return reads


def conditions(block: Block, reads: Reads) -> tuple[Condition, ...]:
    """Give the conditions on the rows a rule counts.

    Parameters
    ----------
    block
        The rule.
    reads
        Layers and columns it reads.

    Returns
    -------
    tuple of Condition
        In the order written; a row counts where all hold.

    Raises
    ------
    PolicyError
        ``pack_condition_not_read`` where the rule doesn't read the column,
        ``pack_condition_unfit`` where words or yes/no are compared by size, and what a value of
        the wrong type or an unknown word raises.
    """
    return tuple(_condition(one, reads) for one in block.blocks("where", CONDITION_KEYS))


def _condition(block: Block, reads: Reads) -> Condition:
    name = block.text("column")
    known = [f"{layer}.{column}" for layer, columns in reads.items() for column in columns]
    if name not in known or name.endswith(".geometry"):
        raise PolicyError(
            "pack_condition_not_read", pack=block.pack, line=block.line_of("column"), column=name,
            nearest=nearest_name(name, known) or "–",
        )  # fmt: skip
    layer, column = name.split(".")
    comparator: Comparator = block.word("comparator", CONDITION_COMPARATORS)  # type: ignore[assignment]
    field = FIELDS[column]
    if field.kind not in ("int", "float") and comparator != "==":
        raise PolicyError(
            "pack_condition_unfit", pack=block.pack, line=block.line_of("comparator"), column=name,
            comparator=comparator,
        )  # fmt: skip
    return Condition(layer, column, comparator, _value(block, field))


def _value(block: Block, field: Field) -> float | bool | tuple[str, ...]:
    """Give the value in the type of the column; a code must be one that the column may hold."""
    if field.kind in ("int", "float"):
        return block.number("value")
    if field.kind == "bool":
        return block.yes_no("value")
    if isinstance(block.node("value"), yaml.SequenceNode) and not block.texts("value"):
        raise PolicyError(
            "pack_key_missing", pack=block.pack, line=block.line_of("value"), key="value"
        )
    return block.words("value", tuple(field.values)) if field.values else block.texts("value")
