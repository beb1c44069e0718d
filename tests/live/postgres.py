"""Debian's PostgreSQL, started for the tests in a directory of its own and thrown away after."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.live.components import Process, free_port, missing, wait_until

_INSTALLED = Path("/usr/lib/postgresql")
_ROLE = "deskpulse"
#: Nothing has to survive the tests, and without these a suite of many databases takes half the time.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running PostgreSQL, for `fresh_database`. Stopped when the tests end."""
    programs = _programs()
    account = _account()
    # Not in pytest's own temporary directory: that one is closed to the account of the server.
    folder = Path(tempfile.mkdtemp(prefix="deskpulse-postgres-"))
    if account is not None:
        shutil.chown(folder, account, account)
    try:
        _initdb(programs, folder / "data", account)
        port = free_port()
        with _server(programs, folder, port, account):
            url = f"postgresql+psycopg://{_ROLE}@127.0.0.1:{port}/postgres"
            wait_until(lambda: _takes_connections(url), 60, "PostgreSQL takes no connections")
            yield url
    finally:
        shutil.rmtree(folder)


def fresh_database(url: str) -> str:
    """The SQLAlchemy address of a new, empty database on the server at `url`."""
    name = f"deskpulse_{secrets.token_hex(6)}"
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"


def _programs() -> Path:
    found = [folder for folder in _INSTALLED.glob("*/bin") if (folder / "initdb").exists()]
    if not found:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    return max(found, key=lambda folder: [int(part) for part in re.findall(r"\d+", str(folder))])


def _account() -> str | None:
    """The account to run as: PostgreSQL refuses root; anybody else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        missing("PostgreSQL does not run as root, and there is no account `postgres`")


def _initdb(programs: Path, data: Path, account: str | None) -> None:
    command: list[str | Path] = [programs / "initdb", "--pgdata", data, "--username", _ROLE]
    command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
    done = subprocess.run(
        command,
        cwd="/",
        user=account,
        group=account,
        extra_groups=None if account is None else [],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"initdb ended with {done.returncode}:\n{done.stderr}")


def _server(programs: Path, folder: Path, port: int, account: str | None) -> Process:
    options = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
    command: list[str | Path] = [programs / "postgres", "-D", folder / "data"]
    for option in (*options, *_FAST):
        command += ["-c", option]
    return Process(
        command,
        log=folder / "log",
        port=port,
        cwd=folder,
        user=account,
        # SIGTERM would wait for clients to leave; this one sends them away.
        stop_with=signal.SIGINT,
    )


def _takes_connections(url: str) -> bool:
    try:
        psycopg.connect(plain_url(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def plain_url(url: str) -> str:
    """Without the driver, which is SQLAlchemy's business."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
