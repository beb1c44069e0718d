"""Makes up the past of a help desk: any number of tickets of 78 weeks, the same ones every time.

DuckDB computes the facts from hashes of the tickets' numbers and keeps them as its own tables; the
product's tables are filled from those, so both sides of a benchmark hold the same rows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bot.domain import Fact
from bot.store import desks
from bot.store.database import Database

#: Monday morning after the last week of the past, in which a weekly digest is due.
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

#: About eighteen months.
SPAN = timedelta(weeks=78)

_BATCH = 50_000

#: Durations are log-normal: half of the first replies within 40 minutes, of the solves within 9
#: hours. 92 % get a reply, 97 % are solved in the end, 8 % of those are reopened, 2 % are removed.
_TICKETS = """
CREATE TABLE ticket AS
WITH chance AS (
    SELECT i, $start + CAST(i * $span / $count AS BIGINT) AS created_at,
        [(hash(i * 16 + k) % 1000003 + 0.5) / 1000003.0 FOR k IN range(16)] AS u
    FROM range($count) AS numbers(i)
), plan AS (
    SELECT i, created_at, u,
        CAST(2400 * exp(1.2 * sqrt(-2 * ln(u[1])) * cos(2 * pi() * u[2])) AS BIGINT) AS reply,
        CAST(32400 * exp(1.3 * sqrt(-2 * ln(u[3])) * cos(2 * pi() * u[4])) AS BIGINT) AS solve,
        u[5] < 0.92 AS replied, u[6] < 0.97 AS ends, u[7] < 0.08 AS reopens
    FROM chance
), course AS (
    SELECT *,
        CASE WHEN replied AND created_at + reply < $now THEN created_at + reply END
            AS first_reply_at,
        CASE WHEN ends AND created_at + reply + solve < $now THEN created_at + reply + solve END
            AS first_solved_at,
        CASE WHEN reopens AND ends AND created_at + reply + solve + 40000 < $now
            THEN created_at + reply + solve + 40000 END AS reopened_at
    FROM plan
), outcome AS (
    SELECT *,
        CASE WHEN reopened_at IS NULL THEN first_solved_at
            WHEN reopened_at + solve < $now THEN reopened_at + solve END AS solved_at,
        CASE WHEN first_reply_at IS NULL THEN 0 ELSE least(CAST(floor(1 + u[8] * u[9] * 5)
            AS INTEGER), 1 + ($now - first_reply_at) // 10000) END AS answers
    FROM course
)
SELECT
    1 AS desk_id, CAST(i + 100000 AS VARCHAR) AS id, 1 AS workspace_id, created_at,
    greatest(created_at, coalesce(first_reply_at, 0), coalesce(first_solved_at, 0),
        coalesce(reopened_at, 0), coalesce(solved_at, 0)) AS updated_at,
    CASE WHEN solved_at IS NOT NULL THEN 'solved' WHEN reply % 3 = 0 THEN 'pending' ELSE 'open'
        END AS status,
    ['billing', 'orders', 'returns', 'accounts', 'technical', 'sales', 'partners', NULL]
        [CAST(floor(8 * u[10]) AS INTEGER) + 1] AS "group",
    CASE WHEN u[11] < 0.5 THEN 'email' WHEN u[11] < 0.75 THEN 'chat' WHEN u[11] < 0.9 THEN 'web'
        WHEN u[11] < 0.98 THEN 'phone' ELSE 'api' END AS channel,
    ['low', 'normal', 'high', 'urgent'][CAST(floor(4 * u[12]) AS INTEGER) + 1] AS priority,
    unhex(lpad(hex(i // 3), 32, '0')) AS requester,
    CASE WHEN first_solved_at IS NOT NULL
        THEN 'agent-' || CAST(floor(60 * u[13]) AS INTEGER) END AS solver,
    first_reply_at, first_solved_at, coalesce(solved_at, first_solved_at) AS last_solved_at,
    solved_at, answers AS agent_messages, answers + CAST(floor(2 * u[14]) AS INTEGER)
        AS customer_messages, answers AS agent_replies,
    CASE WHEN reopened_at IS NULL THEN 0 ELSE 1 END AS reopens,
    CASE WHEN u[15] < 0.15 THEN 1 ELSE 0 END AS transfers,
    CASE WHEN u[16] < 0.02 THEN 'spam' END AS removal
FROM outcome ORDER BY updated_at
"""

_RESPONSES = """
CREATE TABLE response AS
SELECT desk_id, id AS ticket_id, k AS place, created_at + 3600 * k AS asked_at,
    first_reply_at + 10000 * k AS answered_at, workspace_id
FROM (SELECT *, unnest(range(agent_replies)) AS k FROM ticket WHERE removal IS NULL)
ORDER BY answered_at
"""

_REOPENINGS = """
CREATE TABLE reopening AS
SELECT desk_id, id AS ticket_id, 0 AS place, first_solved_at AS solved_at,
    first_solved_at + 40000 AS reopened_at, workspace_id
FROM ticket WHERE reopens > 0 AND removal IS NULL
ORDER BY reopened_at
"""


def make_up(tickets: int) -> duckdb.DuckDBPyConnection:
    """The tables `ticket`, `response` and `reopening` in DuckDB, named as the product's are."""
    duck = duckdb.connect(":memory:")
    about = {
        "count": tickets,
        "start": int((NOW - SPAN).timestamp()),
        "span": int(SPAN.total_seconds()),
        "now": int(NOW.timestamp()),
    }
    duck.execute(_TICKETS, about)
    duck.execute(_RESPONSES)
    duck.execute(_REOPENINGS)
    return duck


def fill(duck: duckdb.DuckDBPyConnection, file: Path) -> Database:
    """An SQLite database of the product with the same rows, read to its end a moment ago."""
    database = Database(f"sqlite:///{file}")
    database.migrate()
    with database.writing() as session:
        desk = desks.known(session, 1, "bench", kind="demo", gives=list(Fact))
        desks.stored(session, desk.id or 0, {}, data_from=NOW - SPAN)
        desks.finished(session, desk.id or 0, data_until=NOW)
    with closing(sqlite3.connect(file)) as connection:
        # How fast it is filled is no part of any benchmark, and nothing is lost by doing it again.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        for table in ("ticket", "response", "reopening"):
            _copy(duck, connection, table)
        connection.commit()
    return database


def _copy(duck: duckdb.DuckDBPyConnection, connection: sqlite3.Connection, table: str) -> None:
    """Fills a table, whose indexes are made anew at the end: that is faster than row by row."""
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''",
        (table,),
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    rows = duck.execute(f"SELECT * FROM {table}")
    names = ", ".join(f'"{column[0]}"' for column in rows.description)
    places = ", ".join("?" for _ in rows.description)
    while batch := rows.fetchmany(_BATCH):
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", batch)
    for _, statement in indexes:
        connection.execute(statement)
