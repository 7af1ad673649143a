"""The command line in this process, and the answers of the demonstration, asked once a run."""

import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import answer
from tests.read_once import share_reads


@dataclass(frozen=True)
class Ran:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one object on standard output."""
        assert self.code in (0, 1), self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out)


@pytest.fixture(scope="session", autouse=True)
def rows_read_once():
    """Read the rows of each content of a workspace once: most tests ask the same demonstration."""
    with pytest.MonkeyPatch.context() as patch:
        contents = share_reads(patch)
        yield
    contents.close()


@pytest.fixture
def muplan(capsys):
    """Run one command in this process."""

    def run(*arguments):
        capsys.readouterr()
        code = answer([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def asked(small_demo):
    """Ask the demonstration once a run and keep the answer: ``asked("check", "--year", 2025)``."""

    @cache
    def ask(command, *options):
        arguments = [*command.split(), str(small_demo), *map(str, options), "--json"]
        with CliRunner().isolation() as streams:
            code = answer(arguments)
            out, err = (stream.getvalue().decode("utf-8") for stream in streams[:2])
        return Ran(code, out, err)

    return ask


@pytest.fixture(scope="session")
def components_sought_once():
    """Seek components of Streamlit among the installed packages once, not for every ``AppTest``.

    It reads the metadata of each package for each app, half a second a test.
    """
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        sought_once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", sought_once)
        yield


@pytest.fixture(scope="session")
def new_file(tmp_path_factory):
    """A workspace as ``muplan new`` makes it, made once: to be copied."""
    path = tmp_path_factory.mktemp("new") / "市.gpkg"
    with CliRunner().isolation():
        assert answer(["new", str(path), "--json"]) == 0
    return path


@pytest.fixture
def new_workspace(new_file, tmp_path):
    """An empty workspace of its own."""
    return Path(shutil.copy(new_file, tmp_path))


@pytest.fixture
def refused(muplan):
    """Run a command that must be refused with one sentence, and give the sentence."""

    def refuse(*arguments):
        ran = muplan(*arguments)
        assert ran.code == 2
        assert ran.out == ""
        assert ran.err.endswith("\n")
        assert len(ran.err.splitlines()) == 1
        assert "Traceback" not in ran.err
        return ran.err.strip()

    return refuse
