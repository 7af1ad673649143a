"""Which versions of which packages a computer needs, by the pins of the project.

pip reads the conditions of requirements for the computer it runs on, not for the one asked for; so
they are read here, and pip is told names and versions.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires
from typing import TYPE_CHECKING

from geo.errors import MuPlanError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

Environment = Mapping[str, str]

PLATFORMS: Mapping[str, Environment] = {
    "windows": {
        "sys_platform": "win32", "platform_system": "Windows", "os_name": "nt",
        "platform_machine": "AMD64",
    },
    "linux": {
        "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
        "platform_machine": "x86_64",
    },
}  # fmt: skip
"""Computers a kit can be made for, as conditions of requirements see them."""
PYTHONS = ("3.11", "3.12", "3.13")


def environment(platform: str, python: str) -> Environment:
    """Give what conditions are read by for a computer.

    ``platform``: One of ``PLATFORMS``.
    ``python``: ``3.12``.

    Names and values of environment markers.
    """
    return {
        **PLATFORMS[platform],
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "implementation_version": f"{python}.9",
        "platform_release": "",
        "platform_version": "",
    }


def pins_for(distribution: str, constraints: Iterable[str], target: Environment) -> dict[str, str]:
    """Find every package that a distribution needs on a computer, with its pinned version.

    ``distribution``: Name of an installed distribution; what it needs is read from what is
      installed beside it.
    ``constraints``: Lines ``name==version ; condition``.
    ``target``: What conditions are read by.

    Version by normalised name, without the distribution itself. What a package needs is read from
    the version installed here: what the pins hold for other versions of Python only is left out,
    and of a package that isn't installed here only itself is known.

    Raises MuPlanError: ``offline_pin_missing`` for a package without any pin.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    pins = [Requirement(line) for line in constraints if line.strip() and line[0] != "#"]
    known = {canonicalize_name(pin.name) for pin in pins}
    pinned = _pinned(pins, target)
    versions: dict[str, str] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(distribution, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for needed in _requirements(name, extras, target):
            key = canonicalize_name(needed.name)
            if key not in known:
                raise MuPlanError("offline_pin_missing", package=needed.name)
            if key not in pinned:
                continue
            versions[key] = pinned[key]
            waiting.append((key, frozenset(needed.extras)))
    return dict(sorted(versions.items()))


def _pinned(pins: "Iterable[Requirement]", target: Environment) -> dict[str, str]:
    from packaging.utils import canonicalize_name

    pinned = {}
    for pin in pins:
        if pin.marker is None or pin.marker.evaluate({**target, "extra": ""}):
            (version,) = pin.specifier
            pinned[canonicalize_name(pin.name)] = version.version
    return pinned


def _requirements(name: str, extras: frozenset[str], target: Environment) -> "list[Requirement]":
    from packaging.requirements import Requirement

    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []
    needed = [Requirement(line) for line in lines]
    return [
        requirement
        for requirement in needed
        if requirement.marker is None
        or any(requirement.marker.evaluate({**target, "extra": extra}) for extra in ("", *extras))
    ]
