"""Dictionary, glossary and guide say what the code says."""

import re
from pathlib import Path

import click
import pytest
import yaml

from app.answers.workspace import data_dictionary
from app.cli.main import muplan
from app.routes import SECTIONS
from layers.contracts import CONTRACTS
from layers.fields import FIELDS

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
GUIDE = sorted((DOCS / "guide").glob("*.md"))


def text_of(*patterns):
    found = [path for pattern in patterns for path in sorted(PROJECT.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in found)


def test_the_data_dictionary_is_what_the_code_says():
    held = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    assert held == data_dictionary(), "run `muplan fields --markdown docs/data-dictionary.md`"


def test_the_data_dictionary_holds_every_layer_column_and_code():
    held = data_dictionary()
    assert [name for name in CONTRACTS if f"## {name} · " not in held] == []
    assert [name for name in FIELDS if f"`{name}`" not in held] == []
    codes = {code for field in FIELDS.values() for code in field.values}
    assert [code for code in codes if f"| `{code}` |" not in held] == []


def glossary():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| `(.+?)` \| (.+?) \|$",
                      (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip
    assert len(rows) > 40
    return rows


def test_every_term_of_the_glossary_is_used():
    chinese = text_of("app/locale/zh/*.yaml", "layers/*.py", "data/styles/*.yaml")
    english = text_of("app/locale/en/*.yaml", "layers/*.py", "data/styles/*.yaml").lower()
    code = text_of("layers/**/*.py", "platforms/**/*.py", "app/**/*.py")
    rows = glossary()
    assert [zh for zh, _, _, _ in rows if zh not in chinese] == []
    assert [en for _, en, _, _ in rows if en.lower() not in english] == []
    names = [name for _, _, name, _ in rows]
    assert [name for name in names if not re.search(rf"\b{re.escape(name)}\b", code)] == []
    assert len({zh for zh, _, _, _ in rows}) == len(rows)


def commands_in(path):
    """Read the commands of a page's code blocks, each as its arguments."""
    blocks = re.findall(r"^```\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("muplan ")]


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_the_commands_of_the_guide_can_be_typed(path):
    for name, *arguments in commands_in(path):
        command = muplan.commands[name]
        while isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)]
        command.make_context(name, list(arguments))


def test_the_guide_has_every_page_of_the_app_and_its_pictures_are_there():
    said = "\n".join(path.read_text(encoding="utf-8") for path in GUIDE)
    titles = yaml.safe_load(text_of("app/locale/zh/pages.yaml"))
    pages = [name for group in SECTIONS.values() for name, _ in group]
    assert [name for name in pages if titles[f"page_{name}"] not in said] == []
    for path in GUIDE:
        links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        assert [link for link in links if not (path.parent / link).exists()] == [], path.name
    listed = (DOCS / "guide" / "README.md").read_text(encoding="utf-8")
    assert [
        path.name for path in GUIDE if path.name != "README.md" and path.name not in listed
    ] == []


def test_readme_leads_to_dictionary_glossary_and_guide():
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    wanted = ("docs/data-dictionary.md", "docs/glossary.md", "docs/guide/", "docs/offline.md")
    assert [name for name in wanted if f"({name})" not in readme] == []
