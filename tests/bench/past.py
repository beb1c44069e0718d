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
        [(hash(i * 32 + k) % 1000003 + 0.5) / 1000003.0 FOR k IN range(24)] AS u
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
    unhex(lpad(hex(CAST(floor(u[17] * ($count // 3)) AS BIGINT)), 32, '0')) AS requester,
    CASE WHEN first_solved_at IS NOT NULL
        THEN 'agent-' || CAST(floor(60 * u[13]) AS INTEGER) END AS solver,
    CASE WHEN first_reply_at IS NOT NULL
        THEN 'agent-' || CAST(floor(60 * u[18]) AS INTEGER) END AS first_replier,
    first_reply_at, first_solved_at, coalesce(solved_at, first_solved_at) AS last_solved_at,
    solved_at, answers AS agent_messages, answers + CAST(floor(2 * u[14]) AS INTEGER)
        AS customer_messages, answers AS agent_replies,
    CASE WHEN reopened_at IS NULL THEN 0 ELSE 1 END AS reopens,
    CASE WHEN u[15] < 0.15 THEN 1 ELSE 0 END AS transfers,
    CASE WHEN u[16] < 0.02 THEN 'spam' END AS removal,
    (solved_at - created_at) * 3 // 5 AS wait,
    CASE WHEN u[19] < 0.8 THEN 60 + 240 * answers END AS handle,
    u[20] < 0.05 AS escalated, u[21] < 0.02 AS complaint,
    created_at % 86400 NOT BETWEEN 32400 AND 61199 AS after_hours,
    (first_reply_at - created_at) // 3 AS first_reply_business,
    (first_solved_at - created_at) // 3 AS first_resolution_business,
    (solved_at - created_at) // 3 AS resolution_business,
    (solved_at - created_at) // 5 AS wait_business
FROM outcome ORDER BY updated_at
"""

_RESPONSES = """
CREATE TABLE response AS
SELECT desk_id, id AS ticket_id, k AS place, created_at + 3600 * k AS asked_at,
    first_reply_at + 10000 * k AS answered_at, workspace_id, first_replier AS agent,
    (first_reply_at - created_at + 6400 * k) // 3 AS business
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

#: Two promises for each ticket: a reply within four hours, a solve within two days.
_TARGETS = """
CREATE TABLE target AS
WITH promised AS (
    SELECT desk_id, id AS ticket_id, workspace_id, promise.name, created_at + promise.within AS due_at,
        CASE promise.name WHEN 'reply' THEN first_reply_at ELSE solved_at END AS done_at
    FROM ticket, (VALUES ('reply', 14400), ('solve', 172800)) AS promise(name, within)
    WHERE removal IS NULL
)
SELECT *, CASE WHEN done_at <= due_at THEN done_at ELSE due_at END AS decided_at,
    coalesce(done_at <= due_at, FALSE) AS met
FROM promised ORDER BY decided_at
"""

#: Half of the solves are asked about, three of ten answer; and some are asked two other questions.
_RATINGS = """
CREATE TABLE rating AS
WITH chance AS (
    SELECT id, solved_at + 3600 AS asked_at,
        [(hash(id || k) % 1000003 + 0.5) / 1000003.0 FOR k IN ['a', 'b', 'c', 'd']] AS u
    FROM ticket WHERE removal IS NULL AND solved_at < $now - 7200
), asked AS (
    SELECT *, CASE WHEN u[1] < 0.4 THEN 'csat' WHEN u[1] < 0.45 THEN 'nps' ELSE 'ces' END AS kind
    FROM chance WHERE u[1] < 0.5
)
SELECT 1 AS desk_id, id, 1 AS workspace_id, kind,
    CASE kind WHEN 'csat' THEN '1-5' WHEN 'nps' THEN '0-10' ELSE '1-7' END AS scale, asked_at,
    CASE WHEN u[2] < 0.3 THEN least(asked_at + 1 + CAST(u[3] * 90000 AS BIGINT), $now - 1) END
        AS given_at,
    CASE WHEN u[2] < 0.3 THEN CAST(CASE kind WHEN 'csat' THEN 1 + floor(5 * sqrt(u[4]))
        WHEN 'nps' THEN floor(11 * sqrt(u[4])) ELSE 1 + floor(7 * sqrt(u[4])) END AS DOUBLE) END
        AS raw,
    CASE WHEN u[2] < 0.3 AND kind = 'csat' THEN 1 + floor(5 * sqrt(u[4])) >= 4 END AS positive,
    id AS ticket_id
FROM asked ORDER BY asked_at
"""

_CALLS = """
CREATE TABLE call AS
WITH chance AS (
    SELECT i, [(hash(i * 8 + k + 500000009) % 1000003 + 0.5) / 1000003.0 FOR k IN range(6)] AS u
    FROM range($count // 10) AS numbers(i)
), rung AS (
    SELECT *, u[1] < 0.9 AS inbound, u[2] < 0.93 AS answered, CAST(90 * u[3] AS BIGINT) AS wait
    FROM chance
)
SELECT 1 AS desk_id, CAST(i AS VARCHAR) AS id, 1 AS workspace_id,
    $start + CAST(i * $span / ($count // 10) AS BIGINT) AS started_at, inbound, answered,
    inbound AND NOT answered AS abandoned, inbound AND NOT answered AND wait < 5 AS hung_up_at_once,
    wait, CASE WHEN answered THEN CAST(600 * u[4] AS BIGINT) ELSE 0 END AS talk,
    CASE WHEN answered THEN CAST(80 * u[5] AS BIGINT) ELSE 0 END AS hold,
    CASE WHEN answered THEN CAST(90 * u[6] AS BIGINT) ELSE 0 END AS wrap_up
FROM rung ORDER BY started_at
"""

_ARTICLES = """
CREATE TABLE article AS
SELECT 1 AS desk_id, 'article-' || a AS id, CAST(d AS INTEGER) AS day, 1 AS workspace_id,
    CAST(hash(a * 100000 + d) % 200 AS INTEGER) AS views,
    CAST(hash(a * 100000 + d) % 200 // 2 AS INTEGER) AS timed_views,
    CAST(hash(a * 100000 + d) % 200 * 45 AS INTEGER) AS reading
FROM range(25) AS articles(a), range($start // 86400, $now // 86400) AS days(d)
ORDER BY day
"""

TABLES = {
    "ticket": _TICKETS,
    "response": _RESPONSES,
    "reopening": _REOPENINGS,
    "target": _TARGETS,
    "rating": _RATINGS,
    "call": _CALLS,
    "article": _ARTICLES,
}


def make_up(tickets: int) -> duckdb.DuckDBPyConnection:
    """All tables of facts in DuckDB, named as the product's are."""
    duck = duckdb.connect(":memory:")
    about = {
        "count": tickets,
        "start": int((NOW - SPAN).timestamp()),
        "span": int(SPAN.total_seconds()),
        "now": int(NOW.timestamp()),
    }
    for statement in TABLES.values():
        wanted = {name: value for name, value in about.items() if f"${name}" in statement}
        duck.execute(statement, wanted)
    return duck


def fill(duck: duckdb.DuckDBPyConnection, file: Path) -> Database:
    """An SQLite database of the product with the same rows, read to its end a moment ago."""
    database = Database(f"sqlite:///{file}")
    database.migrate()
    with database.writing() as session:
        desk = desks.known(
            session, 1, "bench", kind="demo", gives=set(Fact) - {Fact.BUSINESS_TIMES}
        )
        desks.stored(session, desk.id or 0, "tickets", {}, data_from=NOW - SPAN)
        desks.finished(session, desk.id or 0, data_until=NOW, at=NOW)
    with closing(sqlite3.connect(file)) as connection:
        # How fast it is filled is no part of any benchmark, and nothing is lost by doing it again.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        for table in TABLES:
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
