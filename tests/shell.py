"""Runs the `deskpulse` command as a process of its own, without waiting for Python to load it.

Loading all modules takes a second or two, a fork of a process that has loaded them a few
milliseconds. The process is a real one: own environment, own directory, own exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path

#: How long a command may take, in seconds.
PATIENCE = 60

#: All but `bot.cli` itself, which looks at its terminal when it is loaded.
_LOADED = [
    *("bot.demo", "bot.doctor", "bot.helpdesks.demo", "bot.scheduler", "bot.web", "commands"),
    *("bot.store.migrating", "jobs.deliver", "rich.markdown", "rich.progress"),
    *("matplotlib.backends.backend_agg", "matplotlib.figure", "matplotlib.font_manager"),
]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


def deskpulse(folder: Path, *arguments: str, **environment: str) -> Ended:
    """Runs `deskpulse` with the arguments in `folder`, its output going into files, no terminal.

    It sees no variable of the environment but the given ones.
    """
    out, err = folder / "out.txt", folder / "err.txt"
    process = _server().Process(target=_run, args=(folder, arguments, environment, out, err))
    process.start()
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"deskpulse {' '.join(arguments)} took more than {PATIENCE} s")
    ended = Ended(process.exitcode, out.read_text(), err.read_text())
    process.close()
    return ended


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


def _run(
    folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path
) -> None:
    """Becomes the command: in the child, never in the tests' own process."""
    for stream, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["deskpulse", *arguments]
    from bot.cli import main  # noqa: PLC0415  see _LOADED

    main()
