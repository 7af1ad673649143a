"""A private PostGIS, a second judge of what the kernels answer."""

import os

import pytest

from benchmarks.postgis import programs, server


@pytest.fixture(scope="session")
def postgis():
    """Connect to a server that lives as long as the tests."""
    if programs() is None:
        missing = "PostGIS is not installed: apt install postgresql-15-postgis-3"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with server() as connection:
        yield connection
