"""Compiled loops over edges; imported only where numba can be loaded."""

import hashlib
from pathlib import Path

from numba import config


def cache_folder(kernels: Path) -> Path:
    """Return the folder in which the compiled kernels of this text are kept."""
    text = hashlib.sha256()
    for path in sorted(kernels.glob("*.py")):
        text.update(path.read_bytes())
    return kernels / "__pycache__" / f"kernels-{text.hexdigest()[:16]}"


def are_compiled() -> bool:
    """Say whether any kernel of this text was compiled on this computer before."""
    return any(Path(config.CACHE_DIR).rglob("*.nbi"))


# numba keeps what it compiled as long as the file of the function is the same, not the files of
# what that calls: an update of one kernel would leave the others as they were.
if not config.CACHE_DIR:
    config.CACHE_DIR = str(cache_folder(Path(__file__).parent))
