"""Every store of a workspace, for the tests that all of them must pass."""

import pytest
from pyproj import CRS

from layers.workspace.geopackage import create_workspace
from layers.workspace.protocol import WorkspaceFacts
from tests.memory_workspace import MemoryWorkspace

AT = "2025-03-04T05:06:07+08:00"
CITY = CRS(4549)


def geopackage(folder):
    return create_workspace(folder / "工作 区'1\".gpkg", CITY, title="嘉兴 'Q'", created_at=AT)


def memory(folder):
    return MemoryWorkspace(WorkspaceFacts("嘉兴 'Q'", CITY, None, False, AT))


STORES = {"geopackage": geopackage, "memory": memory}
over_all_stores = pytest.mark.parametrize("make", STORES.values(), ids=STORES)
