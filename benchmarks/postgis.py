"""A private PostGIS for comparisons: started in a folder of its own, removed afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg
import shapely

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "1GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "512MB",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "2",
    "parallel_setup_cost": "10",
    "min_parallel_table_scan_size": "0",
    "jit": "off",
}
"""At its best on two processors; written beside every figure."""

SRID = 4549
UNPRIVILEGED = "postgres"


def programs() -> Path | None:
    """Find the server's programs, None where PostGIS isn't installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        share = Path("/usr/share/postgresql") / folder.parent.name / "extension"
        if (folder / "initdb").exists() and (share / "postgis.control").exists():
            return folder
    return None


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """Start a server and connect to it.

    Yields
    ------
    Connection
        To an empty database with PostGIS, committing by itself.
    """
    folder = programs()
    if folder is None:
        raise RuntimeError("PostGIS is not installed (postgresql-15-postgis-3)")
    home = Path(tempfile.mkdtemp(prefix="muplan-postgis-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(home, account.pw_uid, account.pw_gid)
    data, port = home / "data", _free_port()
    try:
        _run(user, folder / "initdb", "-D", data, "-U", "muplan", "-A", "trust", "-E", "UTF8",
             "--no-sync")  # fmt: skip
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options += (
            f" -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home}"
        )
        _run(user, folder / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start")
        try:
            with psycopg.connect(
                host="127.0.0.1", port=port, user="muplan", dbname="postgres", autocommit=True
            ) as connection:
                connection.execute("CREATE EXTENSION postgis")
                yield connection
        finally:
            _run(user, folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def load(
    connection: psycopg.Connection, table: str, shapes: npt.NDArray[np.object_], srid: int = SRID
) -> None:
    """Put shapes into a table ``(id, geom)`` with an index, ``id`` their position.

    Parameters
    ----------
    connection
        What ``server`` gives.
    table
        Name of the table, made anew.
    shapes
        Polygons, array of n.
    srid
        Their system.
    """
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE UNLOGGED TABLE {table} (id int4, geom geometry)")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} (id, geom) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int4", "bytea"])
        for place, shape in enumerate(shapely.to_wkb(shapely.set_srid(shapes, srid),
                                                     include_srid=True)):  # fmt: skip
            copy.write_row((place, shape))
    connection.execute(f"CREATE INDEX ON {table} USING gist (geom)")
    connection.execute(f"ANALYZE {table}")


def loaded(
    stack: ExitStack, **tables: npt.NDArray[np.object_]
) -> tuple[psycopg.Connection | None, str]:
    """Start a server with tables for a comparison, where PostGIS is installed.

    Parameters
    ----------
    stack
        Puts the server away when it is closed.
    **tables
        Polygons, by the name of their table.

    Returns
    -------
    connection
        To the server; None where it is not installed.
    said
        Version and settings, or that it is missing.
    """
    if programs() is None:
        return None, "NOT COMPARED with PostGIS: postgresql-15-postgis-3 is not installed"
    connection = stack.enter_context(server())
    for table, shapes in tables.items():
        load(connection, table, shapes)
    settings = ", ".join(f"{name} {value}" for name, value in SETTINGS.items())
    return connection, f"PostgreSQL {versions(connection)}; {settings}; GiST and ANALYZE"


def versions(connection: psycopg.Connection) -> str:
    """Say which versions answer."""
    row = connection.execute(
        "SELECT current_setting('server_version') || ', PostGIS ' || postgis_lib_version()"
        " || ', GEOS ' || postgis_geos_version()"
    ).fetchone()
    return str(row[0]) if row else ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(user: str | None, *command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command], user=user, group=user, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
        start_new_session=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
