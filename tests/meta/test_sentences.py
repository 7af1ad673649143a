"""Every code has its sentence in both languages, with the same named values; none is unused."""

import ast
import string
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
import yaml

from layers.fields import FIELDS

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = ("geo", "layers", "platforms", "app")
SPEAKERS = {"say", "of", "text"}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def sentences(language):
    merged = {}
    for path in sorted((PROJECT / "app" / "locale" / language).glob("*.yaml")):
        held = yaml.load(path.read_text(encoding="utf-8"), LOADER) or {}
        assert not merged.keys() & held.keys(), f"{path.name} defines a code twice"
        merged |= held
    return merged


def placeholders(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@cache
def spoken():
    """Collect every call that names a code, with its keyword names (None where open-ended)."""
    calls = defaultdict(list)
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                function = node.func
                name = (
                    function.attr
                    if isinstance(function, ast.Attribute)
                    else getattr(function, "id", "")
                )
                if name == "sheet_of":
                    for key in constants(node.args[1]):
                        calls[f"sheet_{key}"].append((path.name, node.lineno, set()))
                if not (name.endswith("Error") or name in SPEAKERS):
                    continue
                if name == "text" and "words" not in ast.unparse(function):
                    continue
                for code in constants(node.args[0]):
                    named = {keyword.arg for keyword in node.keywords}
                    calls[code].append((path.name, node.lineno, None if None in named else named))
    return calls


def constants(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value.replace("_", "").isalnum() else []
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return []


def test_both_languages_hold_the_same_codes():
    zh, en = sentences("zh"), sentences("en")
    assert sorted(zh.keys() ^ en.keys()) == []


def test_both_languages_name_the_same_values():
    zh, en = sentences("zh"), sentences("en")
    differing = [
        code for code in zh if code in en and placeholders(zh[code]) != placeholders(en[code])
    ]
    assert differing == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_code_spoken_has_a_sentence_with_its_values(language):
    held = sentences(language)
    faults = []
    for code, places in spoken().items():
        if code not in held:
            faults.append(f"{code}: no sentence ({places[0][0]}:{places[0][1]})")
            continue
        for file, line, named in places:
            if named is not None and not placeholders(held[code]) <= named:
                missing = placeholders(held[code]) - named
                faults.append(f"{code}: {file}:{line} does not give {sorted(missing)}")
    assert faults == []


def test_every_field_has_words_in_both_languages():
    for field in FIELDS.values():
        assert field.zh, field.name
        assert field.en, field.name
        assert all(zh and en for zh, en in field.values.values()), field.name
