"""Takes copies and logs from where somebody has put them, whatever kind of database they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from bot.copies.dumps import BEGINNING, DumpHistory
from bot.copies.pages import MAGIC
from bot.copies.postgres import PostgresHistory
from bot.copies.sqlite import SqliteHistory
from bot.errors import UsageError
from bot.surveys.attack.clear import runs
from bot.surveys.attack.evidence import Evidence, Raw, Text, Version, lines

#: Beside an SQLite file: its log, and what is made of it at once when it is opened again.
_LOG, _SHARED = "-wal", "-shm"

#: The deployment's secret, where it was put into a copy together with the database.
KEPT_SECRET = "deskpulse.secret"  # noqa: S105  the name of a file

_HINT = (
    "Give an SQLite file (its -wal beside it), a folder with one, a plain dump (pg_dump), or the "
    "address of a restored copy: postgresql://…"
)

_History = SqliteHistory | PostgresHistory | DumpHistory


def evidence(copies: Sequence[str], logs: Sequence[Path]) -> Evidence:
    """What copies of one database tell, the oldest first, and what stands in logs.

    Raises `UsageError` for what cannot be read, or is of different kinds.
    """
    taken = _Taken()
    for copy in copies:
        if "://" in copy:
            taken.take_database(copy)
        else:
            taken.take_path(Path(copy))
    told = [line for log in logs for line in _lines(log)]
    return taken.evidence(list(lines(told, len(copies))), len(told))


@dataclass
class _Taken:
    """What has been taken so far."""

    history: _History | None = None
    texts: list[Text] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    def evidence(self, log: Sequence[Version], number: int) -> Evidence:
        history = self.history or SqliteHistory()
        return Evidence(
            versions=[*history.versions, *log],
            texts=[*history.texts, *self.texts],
            last=history.last,
            looked_at=[*history.looked_at, *self.looked_at, f"logs: {number} lines"],
        )

    def take_database(self, address: str) -> None:
        history = self.history or PostgresHistory()
        try:
            engine = _engine(address)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise UsageError(
                "The copy at that address cannot be read: {error}.", _HINT, error=str(error)
            ) from None
        if not isinstance(history, PostgresHistory):
            raise _mixed()
        try:
            history.add(engine)
        except OperationalError:
            raise UsageError("The database at that address does not answer.", _HINT) from None
        finally:
            engine.dispose()
        self.history = history

    def take_path(self, path: Path) -> None:
        """A file, or all files of a folder, of which one is the database."""
        try:
            files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else []
            databases = [one for one in files or [path] if self._is_database(one)]
            others = [one for one in files if not self._belongs_to(one, databases)]
            if path.is_dir() and not databases and not others:
                raise UsageError("In {path} is no file.", _HINT, path=str(path))
            if len(databases) > 1 or not (databases or files):
                raise UsageError("In {path} is not one database.", _HINT, path=str(path))
            for one in databases:
                self._add(one)
            for one in others:
                self._read_bytes(one)
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else error
            raise UsageError(
                "The copy {path} cannot be read: {error}.", _HINT, path=str(path), error=str(told)
            ) from None

    @staticmethod
    def _is_database(path: Path) -> bool:
        with path.open("rb") as file:
            begins = file.read(len(BEGINNING))
        return begins.startswith(MAGIC) or begins == BEGINNING

    @staticmethod
    def _belongs_to(path: Path, databases: Sequence[Path]) -> bool:
        own = [f"{one}{suffix}" for one in databases for suffix in ("", _LOG, _SHARED)]
        return str(path) in own

    def _add(self, path: Path) -> None:
        content = _mapped(path)
        is_sqlite = content[: len(MAGIC)] == MAGIC
        history = self.history or (SqliteHistory() if is_sqlite else DumpHistory())
        if isinstance(history, SqliteHistory) and is_sqlite:
            history.add(content, _mapped(path.with_name(path.name + _LOG)))
        elif isinstance(history, DumpHistory) and not is_sqlite:
            history.add(path)
        else:
            raise _mixed()
        self.history = history

    def _read_bytes(self, path: Path) -> None:
        """Of a file of any other kind, such as those of a PostgreSQL server: what is readable in it."""
        self.texts.append(Text(path.name, runs(path.read_bytes())))
        self.looked_at.append(f"{path.name}: as bytes only")


def _engine(address: str) -> Engine:
    # Platforms hand out `postgres://`.
    url = make_url(address.replace("postgres://", "postgresql://", 1))
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(url, hide_parameters=True)


def _mapped(path: Path) -> Raw:
    """A file, of which only what is looked at is read."""
    if not path.exists() or not path.stat().st_size:
        return b""
    with path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def _lines(path: Path) -> Iterator[str]:
    try:
        yield from path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise UsageError(
            "The log {path} cannot be read: {error}.", path=str(path), error=str(error.strerror)
        ) from None


def _mixed() -> UsageError:
    return UsageError("The copies are not all of one kind of database.", _HINT)
