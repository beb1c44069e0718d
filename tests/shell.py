"""Runs the `deskpulse` command as a process of its own, without waiting for Python to load it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.forked import forked, settle

#: How long a command may take, in seconds.
PATIENCE = 120


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
    for file in (out, err):
        file.unlink(missing_ok=True)
    process = forked(_run, folder, arguments, environment, out, err)
    process.start()
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"deskpulse {' '.join(arguments)} took more than {PATIENCE} s")
    ended = Ended(process.exitcode, out.read_text(), err.read_text())
    process.close()
    return ended


def _run(
    folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], out: Path, err: Path
) -> None:
    """Becomes the command."""
    settle(folder, environment, out=out, err=err)
    sys.argv = ["deskpulse", *arguments]
    from bot.cli import main  # noqa: PLC0415  it looks at its terminal when it is loaded

    main()
