"""Processes that are there at once: forked off one that has loaded all that they need.

Loading all modules takes a second or two, a fork of a process that has loaded them a few
milliseconds. What is forked is a real process: own environment, own directory, own exit code.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

#: All but `bot.cli` itself, which looks at its terminal when it is loaded.
_LOADED = [
    *("bot.demo", "bot.doctor", "bot.helpdesks.demo", "bot.scheduler", "bot.web", "commands"),
    *("bot.store.migrating", "jobs", "jobs.deliver", "rich.markdown", "rich.progress"),
    *("matplotlib.backends.backend_agg", "matplotlib.figure", "matplotlib.font_manager"),
    *("psycopg", "sqlalchemy.dialects.postgresql.psycopg"),
    "tests.live.killed",  # what is done in such a process is unpickled there, from here
]


def forked(work: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """A process that will do `work` when it is started. Work and arguments are pickled."""
    return _server().Process(target=work, args=arguments)


def settle(folder: Path, environment: Mapping[str, str], *, out: Path, err: Path) -> None:
    """Makes this process one that was started in `folder`, with that environment and no other.

    What it prints is added to the files. In a forked process only, never in the tests' own.
    """
    for stream, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context
