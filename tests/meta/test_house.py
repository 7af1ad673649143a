"""The house stays a house: rooms neither tiny nor huge, one home for each name, plain words."""

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = ("geo", "layers", "platforms", "app")

LEAST_LINES, MOST_LINES = 80, 800
MOST_MODULES = 25
LEAST_LINES_FOR_ONE_NEIGHBOUR = 300

SMALL_ON_PURPOSE = {
    "geo/arrays.py", "geo/errors.py", "geo/prepared.py", "layers/errors.py",
    "geo/kernels/polygons.py", "platforms/errors.py",
    "platforms/policy/roles.py", "platforms/targets/reported.py", "app/main.py", "app/visits.py",
    "app/components/overview.py",
    "app/views/about.py", "app/views/map.py", "app/views/per_mu.py",
}  # fmt: skip
"""Each is a topic of its own that many share, or a page that has little to show."""

ALONE_ON_PURPOSE = {
    "layers/exchange/checks/shapes.py", "layers/exchange/writers/dxf.py",
    "layers/exchange/writers/spreadsheet.py", "layers/exchange/writers/survey_text.py",
    "layers/workspace/rasters.py", "layers/workspace/results.py",
    "platforms/consolidation_plan/options.py", "platforms/placement/explain_search.py",
    "platforms/placement/local_search.py", "platforms/placement/moves.py",
}  # fmt: skip
"""Formats behind one door; a step of a search that runs in a process of its own; what is compiled,
loaded only where many options are searched; topics that stand beside their like."""

VAGUE = {
    "one", "held", "found", "said", "own", "given", "made", "thing", "theirs", "ones", "shown",
    "taken", "stated", "named", "beside", "ground", "standing",
}  # fmt: skip
"""Words that say nothing about what a name stands for."""
MOST_VAGUE_SHARE = 0.01


@cache
def modules():
    """Read every module of the product: path from the project, lines, syntax tree."""
    read = {}
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*.py")):
            if path.name != "__init__.py":
                text = path.read_text(encoding="utf-8")
                name = path.relative_to(PROJECT).as_posix()
                read[name] = (len(text.splitlines()), ast.parse(text))
    return read


def dotted(path):
    return path.removesuffix(".py").replace("/", ".")


@cache
def importers():
    """Collect by module the modules that import it, at the top or inside a function."""
    known = {dotted(path): path for path in modules()}
    importing = defaultdict(set)
    for path, (_, tree) in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    for target in (f"{node.module}.{alias.name}", node.module):
                        if target in known:
                            importing[known[target]].add(path)
                            break
    return importing


def bound_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_a_module_is_a_topic_neither_tiny_nor_huge():
    lines = {path: count for path, (count, _) in modules().items()}
    huge = {path: count for path, count in lines.items() if count > MOST_LINES}
    tiny = {path for path, count in lines.items() if count < LEAST_LINES}
    assert huge == {}
    assert tiny - SMALL_ON_PURPOSE == set()
    assert SMALL_ON_PURPOSE - tiny == set(), "no longer small: take it off the list"


def test_a_folder_can_be_taken_in_at_a_glance():
    folders = Counter(str(Path(path).parent) for path in modules())
    assert {folder: n for folder, n in folders.items() if n > MOST_MODULES} == {}


def test_a_small_module_that_serves_one_neighbour_only_belongs_into_it():
    lonely = {}
    for path, users in importers().items():
        (user,) = users if len(users) == 1 else (None,)
        if user is None or path in SMALL_ON_PURPOSE | ALONE_ON_PURPOSE:
            continue
        is_neighbour = Path(user).parent == Path(path).parent
        if is_neighbour and modules()[path][0] < LEAST_LINES_FOR_ONE_NEIGHBOUR:
            lonely[path] = user
    assert lonely == {}


def test_every_module_is_used_by_another_or_is_an_entry():
    entries = {"app/main.py", "app/cli/main.py", "app/offline/start.py"}
    unused = {
        path
        for path in modules()
        if path not in importers() and path not in entries and not path.startswith("app/views/")
    }
    spoken_of = {
        constant.value.partition(":")[0]
        for _, tree in modules().values()
        for constant in ast.walk(tree)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }
    assert {path for path in unused if dotted(path) not in spoken_of} == set()


def room(path):
    """Name the folder of a module that a reader looks through at once."""
    return tuple(Path(path).parts[:2])


def test_no_class_and_no_type_has_two_homes_in_a_folder():
    homes = defaultdict(set)
    for path, (_, tree) in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[room(path), node.name].add(path)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name[0].isupper() and not name.isupper():
                    homes[room(path), name].add(path)
    assert {name: paths for (_, name), paths in homes.items() if len(paths) > 1} == {}


def test_names_say_what_they_stand_for():
    names = [name for _, tree in modules().values() for name in bound_names(tree)]
    vague = Counter(name for name in names if name.strip("_").lower() in VAGUE)
    assert vague.total() <= MOST_VAGUE_SHARE * len(names), vague.most_common(10)


def test_every_path_in_the_documents_is_there():
    documents = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    documents += (PROJECT / "data").rglob("*.md")
    missing = {
        f"{document.relative_to(PROJECT)}: {path}"
        for document in documents
        if document.name != "CHANGELOG.md"
        for path in re.findall(
            r"(?:geo|layers|platforms|app|tests|benchmarks)/[\w/]+\.py",
            document.read_text(encoding="utf-8"),
        )
        if not (PROJECT / path).exists()
    }
    assert missing == set()
