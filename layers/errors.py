"""Errors of layers, files and workspaces."""

from geo.errors import MuPlanError


class LayerError(MuPlanError):
    """A file, a layer or a workspace cannot be used as asked."""
