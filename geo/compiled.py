"""Where the compiled kernels are used, and where the plain ones.

The kernels in ``geo/kernels`` are compiled by numba. Where numba can't be loaded (some office
computers forbid unknown libraries), the same questions are answered by shapely and numpy: slower,
with the same answers.
"""

from functools import cache
from importlib import import_module


@cache
def kernels_available() -> bool:
    """Say whether compiled kernels can be used on this computer."""
    try:
        import_module("numba")
    except (ImportError, OSError):
        return False
    return True
