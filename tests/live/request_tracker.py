"""A real Request Tracker 5 with tickets of the last 90 days, and what its own database says.

The program is Debian's, its configuration and its SQLite database are private to the test run.
Tickets are made over REST by the accounts that would make them, then spread over 90 days by SQL.
`Oracle` answers from that database with SQL of its own and shares no code with the product.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from weakref import finalize

import httpx
import pytest

from bot.clock import SystemClock
from tests.live.components import Process, free_port, missing

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SET_UP = Path("/usr/sbin/rt-setup-database-5")

#: Two queues that the bot's account sees, and one that it does not.
QUEUES = ("General", "Billing")
HIDDEN_QUEUE = "Personnel"
HIDDEN_NUMBER = "4"

AGENTS = ("anna", "ben", "chloe", "dario")
#: Agents who have left: their accounts are unprivileged and disabled by the end of the seeding.
UNPRIVILEGED, DISABLED = "eva", "frank"
CUSTOMERS = tuple(f"customer{number}" for number in range(1, 13))
BOT = "deskpulse"

DAYS = 90

#: What Request Tracker keeps for a date that nobody set.
UNSET = "1970-01-01 00:00:00"

# The site is far from UTC on purpose: Request Tracker reads dates in the zone of the account.
_CONFIGURATION = """
Set($rtname, 'example.invalid');
Set($Organization, 'example.invalid');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{database}');
Set($DatabaseUser, '');
Set($DatabasePassword, '');
Set($MailCommand, sub {{ return 1 }});
# Every request checks the token by bcrypt; the usual cost takes 0.3 seconds.
Set($BcryptCost, 4);
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($Timezone, 'America/New_York');
# By when the customer is to hear from us: Request Tracker itself keeps the date Due by these.
Set(%ServiceAgreements, (Levels => {{
  'reply' => {{ Response => {{ RealMinutes => 150 }} }},
  'both' => {{ Response => {{ RealMinutes => 150 }}, Resolve => {{ RealMinutes => 600 }} }},
}}));
1;
"""

# Perl, because that is how Request Tracker takes its initial data.
_SITE = """
use strict; use warnings;
our @Queues = map {{ {{ Name => $_, SLADisabled => 0 }} }} qw(Billing {hidden});
our @Users = (
  (map {{ {{ Name => $_, EmailAddress => "$_\\@example.invalid", Privileged => 1 }} }}
    qw({agents} {bot})),
  (map {{ {{ Name => $_, EmailAddress => "$_\\@example.invalid", Privileged => 0 }} }}
    qw({customers})),
);
our @Groups = (
  {{ Name => 'Agents', Members => {{ Users => [qw({agents})] }} }},
  {{ Name => 'Readers', Members => {{ Users => ['{bot}'] }} }},
);
our @ACL = (
  {{ GroupDomain => 'SystemInternal', GroupType => 'Everyone',
     Right => [qw(CreateTicket ReplyToTicket)] }},
  {{ GroupDomain => 'UserDefined', GroupId => 'Agents',
     Right => [qw(SeeQueue ShowTicket ShowTicketComments CommentOnTicket ModifyTicket OwnTicket
                  TakeTicket StealTicket ReassignTicket DeleteTicket)] }},
  (map {{ {{ GroupDomain => 'UserDefined', GroupId => 'Readers', Queue => $_,
             Right => [qw(SeeQueue ShowTicket)] }} }} qw({queues})),
);
our @Final = (sub {{
  my $general = RT::Queue->new(RT->SystemUser);
  $general->Load('General');
  $general->SetSLADisabled(0);
}}, sub {{
  # Most mails are not written, which takes longer than all the rest; owners still get theirs.
  my $scrips = RT::Scrips->new(RT->SystemUser);
  $scrips->UnLimit;
  while (my $scrip = $scrips->Next) {{
    my $mails = $scrip->ActionObj->ExecModule =~ /^(Notify|Autoreply)/;
    $scrip->SetDisabled(1) if $mails && $scrip->Description !~ /Owner Change/;
  }}
  require RT::AuthToken; require JSON;
  my %tokens;
  for my $name (qw(root {agents} {customers} {bot})) {{
    my $user = RT::User->new(RT->SystemUser);
    $user->Load($name);
    my ($ok, $told, $token) = RT::AuthToken->new(RT->SystemUser)->Create(
      Owner => $user->Id, Description => 'test');
    $tokens{{$name}} = $token;
  }}
  open my $out, '>', '{tokens}' or die $!;
  print $out JSON::encode_json(\\%tokens);
  close $out;
}});
1;
"""


def why_missing() -> str | None:
    """Why no Request Tracker can be started here, or `None` if one can."""
    absent = [str(program) for program in (SERVER, SET_UP) if not program.exists()]
    if absent:
        return (
            f"{absent[0]} is not there: "
            "apt-get install request-tracker5 rt5-db-sqlite rt5-standalone"
        )
    return None


def available() -> bool:
    return why_missing() is None


@dataclass(frozen=True)
class RequestTracker:
    """A running Request Tracker. `token` is that of the bot's account, which is no superuser."""

    url: str
    database: Path
    tokens: Mapping[str, str] = field(repr=False)
    client: httpx.Client = field(repr=False)

    @property
    def token(self) -> str:
        return self.tokens[BOT]

    def oracle(self) -> Oracle:
        """What the database says now of the tickets that the bot's account sees."""
        return Oracle(self.database, QUEUES)

    # --- what people do ---

    def ask(self, by: str, method: str, path: str, **given: Any) -> Any:
        """One REST call by the account `by`; its JSON. Fails on any refusal."""
        answer = self.client.request(
            method,
            f"{self.url}/REST/2.0/{path}",
            json=given or None,
            headers={"Authorization": f"token {self.tokens[by]}"},
        )
        assert answer.is_success, f"{by} {method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def create(
        self, by: str, *, requestor: str, queue: str = "General", subject: str = "x", **fields: Any
    ) -> int:
        """Opens a ticket; its number."""
        fields = {"Queue": queue, "Subject": subject, "Content": "A question.", **fields}
        made = self.ask(by, "POST", "ticket", Requestor=[_address(requestor)], **fields)
        return int(made["id"])

    def reply(self, by: str, ticket: int, **fields: Any) -> None:
        """A public message, with a `Status` if the writer sets one."""
        message = {"Content": "A message.", "ContentType": "text/plain", **fields}
        self.ask(by, "POST", f"ticket/{ticket}/correspond", **message)

    def comment(self, by: str, ticket: int, **fields: Any) -> None:
        """A private note, with `TimeTaken` in minutes if the writer notes it."""
        note = {"Content": "A note.", "ContentType": "text/plain", **fields}
        self.ask(by, "POST", f"ticket/{ticket}/comment", **note)

    def change_user(self, name: str, **fields: Any) -> None:
        """Sets fields of an account, e.g. `Timezone`, `Privileged`, `Disabled`."""
        self.ask("root", "PUT", f"user/{name}", **fields)

    def change(self, by: str, ticket: int, **fields: Any) -> None:
        """Sets fields, e.g. `Status`, `Owner`, `Queue`, `Priority`, `MergeInto`."""
        told = self.ask(by, "PUT", f"ticket/{ticket}", **fields)
        assert told, f"nothing of {fields} happened to ticket {ticket}"
        refused = [line for line in told if "denied" in line.lower() or "not allowed" in line]
        assert not refused, f"{by} may not set {fields} of ticket {ticket}: {refused}"


@pytest.fixture(scope="session")
def request_tracker(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[RequestTracker]:
    """A seeded Request Tracker, one for all tests: those that change it leave it changed.

    To make one takes a minute: where several processes run the tests each has a copy of the first.
    """
    reason = why_missing()
    if reason is not None:
        missing(reason)
    of_all = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        of_all = of_all.parent
    kept, folder = of_all / "seeded_request_tracker", tmp_path_factory.mktemp("request_tracker")
    with TemporaryDirectory(prefix="deskpulse-rt-", dir=_in_memory()) as place:
        site = _Site(folder, Path(place) / "rt.db", free_port())
        site.configure()
        with _one_at_a_time(kept):
            if not (kept / "tokens.json").exists():
                _make(site, kept)
        shutil.copyfile(kept / "rt.db", site.database)
        with _served(site, json.loads((kept / "tokens.json").read_text())) as tracker:
            yield tracker


@dataclass(frozen=True)
class _Site:
    """Where a Request Tracker has its configuration and its log, its database, and its port."""

    folder: Path
    database: Path
    port: int

    def configure(self) -> None:
        (self.folder / "RT_SiteConfig.d").mkdir(parents=True)
        self._configuration.write_text(
            _CONFIGURATION.format(port=self.port, database=self.database)
        )

    @property
    def _configuration(self) -> Path:
        return self.folder / "RT_SiteConfig.pm"

    @property
    def environment(self) -> dict[str, str]:
        """That in which Request Tracker finds this configuration, and no other."""
        return {
            **os.environ,
            "RT_SITE_CONFIG": str(self._configuration),
            "RT_SITE_CONFIG_DIR": str(self.folder / "RT_SiteConfig.d"),
        }


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Other processes that come for the same folder wait."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(site: _Site, kept: Path) -> None:
    tokens = _set_up(site)
    with _served(site, tokens) as tracker:
        _seed(tracker)
    shutil.move(site.database, kept / "rt.db")
    # Last, for by it the others see that everything is there.
    (kept / "tokens.json").write_text(json.dumps(tokens))


@contextmanager
def _served(site: _Site, tokens: Mapping[str, str]) -> Iterator[RequestTracker]:
    command = [str(SERVER), "--host", "127.0.0.1", "--port", str(site.port), "--max-workers", "4"]
    log = site.folder / "server.log"
    with (
        Process(command, log=log, port=site.port, env=site.environment),
        httpx.Client(timeout=60) as client,
    ):
        yield RequestTracker(f"http://127.0.0.1:{site.port}", site.database, tokens, client)


def _in_memory() -> str | None:
    """Where a database need not wait for a disk; SQLite waits at every commit."""
    shared = "/dev/shm"
    return shared if os.access(shared, os.W_OK) else None


def _set_up(site: _Site) -> dict[str, str]:
    """Makes the database and the accounts; gives the token of each."""
    tokens, content = site.folder / "tokens.json", site.folder / "site.initialdata"
    content.write_text(
        _SITE.format(
            agents=" ".join((*AGENTS, UNPRIVILEGED, DISABLED)),
            customers=" ".join(CUSTOMERS),
            bot=BOT,
            queues=" ".join(QUEUES),
            hidden=HIDDEN_QUEUE,
            tokens=tokens,
        )
    )
    for arguments in (
        ["--action", "init", "--skip-create"],
        ["--action", "insert", "--datafile", str(content)],
    ):
        done = subprocess.run(
            [SET_UP, *arguments], env=site.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, str] = json.loads(tokens.read_text())
    return told


def _address(person: str) -> str:
    return f"{person}@example.invalid"


# --- the seed ---


@dataclass(frozen=True, slots=True)
class Life:
    """So many tickets to which the same happens. Steps are explained in `_steps`."""

    times: int
    steps: str
    opened_by: str = "customer"
    fields: Mapping[str, Any] = field(default_factory=dict)
    agents: Sequence[str] = AGENTS


#: The steps of each life, apart by commas.
LIVES = (
    Life(10, ""),
    Life(14, "answer"),
    Life(22, "answer resolved"),
    Life(16, "answer, ask, answer resolved"),
    Life(10, "take, answer, ask, ask, answer resolved"),
    Life(10, "answer resolved, ask, answer resolved"),
    Life(6, "answer resolved, ask"),
    Life(4, "answer resolved, ask, answer resolved, ask, answer resolved"),
    Life(8, "take, move, answer resolved"),
    Life(8, "take, give, answer resolved"),
    Life(4, "take, drop, give, answer resolved"),
    Life(6, "note, take, answer, note, resolved"),
    Life(5, "rejected"),
    Life(5, "answer, stalled, ask, answer resolved"),
    Life(4, "hurry, answer resolved"),
    Life(4, "aside, answer resolved"),
    Life(8, "ask, answer resolved", opened_by="agent"),
    Life(4, "resolved", opened_by="agent"),
    Life(3, "answer resolved", opened_by="agent for themselves"),
    Life(2, "", opened_by="agent", fields={"Status": "resolved"}),
    Life(
        3, "ask, give, answer resolved", fields={"Owner": "ben"}, opened_by="agent", agents=("ben",)
    ),
    Life(6, "answer, ask, answer resolved", fields={"SLA": "reply"}),
    Life(3, "ask", fields={"SLA": "reply"}),
    Life(6, "ask, answer, note, answer resolved", fields={"SLA": "both"}),
    Life(3, "answer resolved, ask", fields={"SLA": "both"}),
    Life(5, "promise, answer, postpone, resolved"),
    Life(3, "promise"),
    Life(4, "timed answer, timed note, resolved"),
    Life(3, "answer resolved, timed note"),
    Life(4, "clock, timed note, answer resolved"),
    Life(4, "move, answer, move, stalled, ask, answer resolved"),
    Life(2, "hide, show, answer resolved"),
    Life(3, "deleted"),
    Life(2, "answer resolved, deleted, restored"),
    Life(2, "answer, hide"),
    Life(6, "answer resolved", fields={"Queue": HIDDEN_QUEUE}),
    Life(4, "answer, merge"),
    Life(3, "take, answer, ask, answer resolved", agents=(UNPRIVILEGED,)),
    Life(3, "answer, ask, answer resolved", agents=(DISABLED,)),
)


def _seed(tracker: RequestTracker) -> None:
    lives = [life for life in LIVES for _ in range(life.times)]
    # More writers at once would only wait for each other: SQLite has one lock.
    with ThreadPoolExecutor(3) as people:
        list(people.map(lambda numbered: _live(tracker, *numbered), enumerate(lives)))
    tracker.change_user(UNPRIVILEGED, Privileged=0)
    tracker.change_user(DISABLED, Disabled=1)
    _spread(tracker.database)


def _live(tracker: RequestTracker, number: int, life: Life) -> None:
    chance = Random(number)
    agent, customer = chance.choice(life.agents), chance.choice(CUSTOMERS)
    requestor = agent if life.opened_by == "agent for themselves" else customer
    # The number in the subject says to `_spread` which life this is.
    fields = {"Queue": chance.choice(QUEUES), **life.fields}
    opener = customer if life.opened_by == "customer" else agent
    ticket = tracker.create(opener, requestor=requestor, subject=str(number), **fields)
    if life.opened_by == "agent for themselves":
        agent = _other(chance, agent)
    steps = _steps(tracker, chance, ticket, agent, requestor)
    for step in filter(None, life.steps.split(", ")):
        steps[step]()


def _other(chance: Random, agent: str) -> str:
    return chance.choice([name for name in AGENTS if name != agent])


def _steps(
    tracker: RequestTracker, chance: Random, ticket: int, agent: str, customer: str
) -> dict[str, Callable[[], None]]:
    """What the words in a life do."""
    colleague = _other(chance, agent)
    aside = chance.choice([name for name in CUSTOMERS if name != customer])

    def set_to(**fields: Any) -> Callable[[], None]:
        return lambda: tracker.change(agent, ticket, **fields)

    def move() -> None:
        with closing(sqlite3.connect(tracker.database, timeout=30)) as database:
            [queue] = database.execute(
                "SELECT Name FROM Queues WHERE Name IN (?, ?) AND id != "
                "(SELECT Queue FROM Tickets WHERE id = ?)",
                (*QUEUES, ticket),
            ).fetchone()
        tracker.change(agent, ticket, Queue=queue)

    def merge() -> None:
        other = tracker.create(customer, requestor=customer, subject=f"{chance.randint(500, 999)}")
        tracker.reply(customer, other)
        tracker.change(agent, other, MergeInto=ticket)

    def promise(least: int) -> Callable[[], None]:
        """A date Due some hours from now, as Request Tracker writes dates: in UTC."""
        due = SystemClock().now() + timedelta(hours=chance.randint(least, least + 9))
        return set_to(Due=f"{due:%Y-%m-%d %H:%M:%S}")

    minutes = chance.randint(1, 90)
    return {
        "answer": lambda: tracker.reply(agent, ticket),
        "timed answer": lambda: tracker.reply(agent, ticket, TimeTaken=minutes),
        "timed note": lambda: tracker.comment(agent, ticket, TimeTaken=minutes + 1),
        "clock": set_to(TimeWorked=minutes + 2),
        "promise": promise(1),
        "postpone": promise(11),
        "answer resolved": lambda: tracker.reply(agent, ticket, Status="resolved"),
        "ask": lambda: tracker.reply(customer, ticket),
        "aside": lambda: tracker.reply(aside, ticket),
        "note": lambda: tracker.comment(agent, ticket),
        "take": set_to(Owner=agent),
        "drop": set_to(Owner="Nobody"),
        "give": lambda: tracker.change("root", ticket, Owner=colleague),
        "move": move,
        "hide": set_to(Queue=HIDDEN_QUEUE),
        "show": lambda: tracker.change("root", ticket, Queue=QUEUES[0]),
        "hurry": set_to(Priority=100),
        "resolved": set_to(Status="resolved"),
        "rejected": set_to(Status="rejected"),
        "stalled": set_to(Status="stalled"),
        "deleted": set_to(Status="deleted"),
        "restored": lambda: tracker.change("root", ticket, Status="open"),
        "merge": merge,
    }


def _spread(database: Path) -> None:
    """Moves every ticket and its history into the past, as if 90 days had gone by."""
    now = SystemClock().now().replace(microsecond=0) - timedelta(minutes=10)
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        tickets = connection.execute("SELECT id, Subject FROM Tickets").fetchall()
        for ticket, subject in tickets:
            _spread_one(connection, ticket, Random(f"life {subject}"), now)


def _spread_one(connection: sqlite3.Connection, ticket: int, chance: Random, now: datetime) -> None:
    history = connection.execute(
        "SELECT id, Type, Creator, Field, NewValue, Created FROM Transactions "
        "WHERE ObjectType = 'RT::Ticket' AND ObjectId = ? ORDER BY id",
        (ticket,),
    ).fetchall()
    created = now - timedelta(seconds=chance.randrange(60, DAYS * 86_400))
    ends = list(islice(_gaps(chance, history), len(history)))
    squeeze = min(1.0, (now - created).total_seconds() / max(sum(ends), 1))
    moment, due = created, UNSET
    for (transaction, _, _, changed, new, was), gap in zip(history, ends, strict=True):
        moment += timedelta(seconds=int(gap * squeeze))
        connection.execute(
            "UPDATE Transactions SET Created = ? WHERE id = ?", (_text(moment), transaction)
        )
        if changed == "Due":  # lies as far behind its transaction as it did
            old, due = due, new if new == UNSET else _text(moment + (_aware(new) - _aware(was)))
            connection.execute(
                "UPDATE Transactions SET OldValue = ?, NewValue = ? WHERE id = ?",
                (old, due, transaction),
            )
    connection.execute(
        "UPDATE Tickets SET Created = ?, LastUpdated = ?, Due = ?, Resolved = CASE "
        "WHEN COALESCE(Resolved, '1970') < '1971' THEN Resolved ELSE COALESCE((SELECT MAX(Created) "
        "FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId = Tickets.id "
        "AND Type = 'Status' AND NewValue IN ('resolved', 'rejected', 'deleted')), ?) END "
        "WHERE id = ?",
        (_text(created), _text(moment), due, _text(created), ticket),
    )


def _gaps(chance: Random, history: Sequence[tuple[Any, ...]]) -> Iterator[float]:
    """Seconds since the transaction before; what one act caused carries the same time."""
    for position in count():
        kind, creator = history[position][1:3]
        caused = creator == 1 or kind in ("EmailRecord", "CommentEmailRecord", "SetWatcher")
        at_once = position > 0 and (caused or chance.random() < 0.05)
        yield 0 if position == 0 or at_once else chance.lognormvariate(9.0, 1.5)


def _text(moment: datetime) -> str:
    """A moment as Request Tracker keeps it: UTC, to the second where it has no fraction."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


# --- what the database says ---

# Everything that a metric needs, from Request Tracker's own tables. `ticket` holds what
# counts: real tickets in the queues that the account sees, neither deleted nor merged away.
_TABLES = """
CREATE TEMP TABLE ticket AS
SELECT t.id, t.Created AS created, t.Status AS status, t.Creator AS creator, q.Name AS queue,
       t.TimeWorked AS worked, NULLIF(t.Due, '1970-01-01 00:00:00') AS due,
       CASE WHEN t.Priority >= 100 THEN 'high' WHEN t.Priority >= 50 THEN 'medium'
            WHEN t.Priority >= 0 THEN 'low' END AS priority
FROM Tickets t JOIN Queues q ON q.id = t.Queue
WHERE t.Type = 'ticket' AND t.Status != 'deleted' AND t.EffectiveId = t.id
  AND q.Name IN (SELECT name FROM visible_queue);

CREATE TEMP TABLE entry AS
SELECT x.id, x.ObjectId AS ticket, x.Type AS type, x.Field AS field, x.OldValue AS old,
       x.NewValue AS new, x.Creator AS person, x.Created AS at
FROM Transactions x JOIN ticket ON ticket.id = x.ObjectId
WHERE x.ObjectType = 'RT::Ticket';

CREATE TEMP TABLE requestor AS
SELECT g.Instance AS ticket, m.MemberId AS person, m.id AS place
FROM Groups g JOIN GroupMembers m ON m.GroupId = g.id
WHERE g.Domain = 'RT::Ticket-Role' AND g.Name = 'Requestor';

CREATE TEMP TABLE privileged AS
SELECT m.MemberId AS person
FROM Groups g JOIN GroupMembers m ON m.GroupId = g.id
WHERE g.Domain = 'SystemInternal' AND g.Name = 'Privileged';

CREATE TEMP TABLE nobody AS SELECT id FROM Users WHERE Name = 'Nobody';

CREATE TEMP TABLE owning AS
SELECT id, ticket, at, person,
       NULLIF(CAST(old AS INTEGER), (SELECT id FROM nobody)) AS old,
       NULLIF(CAST(new AS INTEGER), (SELECT id FROM nobody)) AS new
FROM entry WHERE field = 'Owner' AND type = 'Set';

CREATE TEMP TABLE handler AS
SELECT ticket, person FROM (
    SELECT ticket, person FROM entry
    WHERE type = 'Status' OR (type = 'Set' AND field IN ('Owner', 'Queue'))
    UNION SELECT ticket, old FROM owning WHERE old IS NOT NULL
    UNION SELECT ticket, new FROM owning WHERE new IS NOT NULL
) AS h WHERE NOT EXISTS (
    SELECT 1 FROM requestor r WHERE r.ticket = h.ticket AND r.person = h.person);

CREATE TEMP TABLE agent AS
SELECT t.id AS ticket, p.person FROM ticket t, privileged p
UNION SELECT ticket, person FROM handler;

CREATE TEMP TABLE message AS
SELECT m.*, CASE
    WHEN m.person = 1 THEN 'system'
    WHEN EXISTS (SELECT 1 FROM requestor r WHERE r.ticket = m.ticket AND r.person = m.person)
        THEN 'customer'
    WHEN EXISTS (SELECT 1 FROM agent a WHERE a.ticket = m.ticket AND a.person = m.person)
        THEN 'agent'
    ELSE 'customer' END AS side
FROM (
    SELECT ticket, id, at, person, 1 AS follows FROM entry WHERE type = 'Correspond'
    UNION ALL SELECT id, 0, created, creator, 0 FROM ticket
) AS m;

-- A run of customer messages ends with the agent message that has as many agent messages before.
CREATE TEMP TABLE response AS
SELECT ticket, asked, answered, agent FROM (
    SELECT ticket, MAX(CASE WHEN side = 'agent' THEN person END) AS agent, MIN(CASE WHEN side = 'customer' THEN at END) AS asked,
           MAX(CASE WHEN side = 'agent' THEN at END) AS answered
    FROM (
        SELECT *, COUNT(CASE WHEN side = 'agent' AND follows THEN 1 END) OVER (
            PARTITION BY ticket ORDER BY follows, at, side != 'customer', id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS run
        FROM message WHERE side = 'customer' OR (side = 'agent' AND follows))
    GROUP BY ticket, run)
WHERE asked IS NOT NULL AND answered IS NOT NULL;

-- Statuses in their order; a deletion that was taken back is left out.
CREATE TEMP TABLE stand AS
SELECT ticket, id, at, person, new,
       CASE WHEN old = 'deleted'
            THEN COALESCE(LAG(new) OVER (PARTITION BY ticket ORDER BY id), first) ELSE old END AS old
FROM (SELECT e.*, FIRST_VALUE(old) OVER (PARTITION BY ticket ORDER BY id) AS first
      FROM entry e WHERE type = 'Status')
WHERE new != 'deleted';

CREATE TEMP TABLE step AS
SELECT ticket, id, at, person,
       old IN ('resolved', 'rejected') AS was, new IN ('resolved', 'rejected') AS solved
FROM stand
UNION ALL
SELECT t.id, 0, t.created, t.creator, 0, 1 FROM ticket t
WHERE COALESCE((SELECT old FROM entry e WHERE e.ticket = t.id AND e.type = 'Status'
                ORDER BY e.id LIMIT 1), t.status) IN ('resolved', 'rejected');

-- How a ticket stood from when on, until it stood otherwise.
CREATE TEMP TABLE stretch AS
SELECT ticket, status, at AS began,
       LEAD(at) OVER (PARTITION BY ticket ORDER BY id) AS ended
FROM (SELECT ticket, id, at, new AS status FROM stand
      UNION ALL
      SELECT t.id, 0, t.created,
             COALESCE((SELECT old FROM entry e WHERE e.ticket = t.id AND e.type = 'Status'
                       ORDER BY e.id LIMIT 1), t.status)
      FROM ticket t);

CREATE TEMP TABLE move AS
SELECT e.ticket, e.id, e.at,
       COALESCE((SELECT name FROM named_queue q WHERE q.id = e.old), e.old) AS old,
       COALESCE((SELECT name FROM named_queue q WHERE q.id = e.new), e.new) AS new
FROM entry e WHERE type = 'Set' AND field = 'Queue';

CREATE TEMP TABLE stay AS
SELECT ticket, id, at AS since, new AS queue FROM move
UNION ALL
SELECT t.id, 0, t.created,
       (SELECT old FROM move m WHERE m.ticket = t.id ORDER BY m.id LIMIT 1)
FROM ticket t WHERE t.id IN (SELECT ticket FROM move);

CREATE TEMP TABLE transfer AS
SELECT ticket, id, at FROM entry WHERE type = 'Set' AND field = 'Queue' AND old != new
UNION ALL
SELECT ticket, id, at FROM owning o WHERE new IS NOT NULL AND new != COALESCE(old,
    (SELECT p.new FROM owning p WHERE p.ticket = o.ticket AND p.id < o.id AND p.new IS NOT NULL
     ORDER BY p.id DESC LIMIT 1),
    (SELECT p.old FROM owning p WHERE p.ticket = o.ticket AND p.id < o.id AND p.old IS NOT NULL
     ORDER BY p.id DESC LIMIT 1), new);

CREATE TEMP TABLE fact AS
SELECT t.id, t.created, t.queue, t.priority, t.status IN ('resolved', 'rejected') AS is_solved,
       (SELECT MIN(at) FROM message m WHERE m.ticket = t.id AND follows AND side = 'agent')
           AS first_reply,
       (SELECT MIN(at) FROM step s WHERE s.ticket = t.id AND solved AND NOT was) AS first_solved,
       (SELECT MAX(at) FROM step s WHERE s.ticket = t.id AND solved AND NOT was) AS last_solved,
       (SELECT (SELECT a.person FROM agent a WHERE a.ticket = t.id AND a.person = s.person
                AND s.person != 1)
        FROM step s WHERE s.ticket = t.id AND solved AND NOT was ORDER BY at DESC, id DESC LIMIT 1)
           AS solver,
       (SELECT COUNT(*) FROM message m WHERE m.ticket = t.id AND side = 'agent') AS agent_messages,
       (SELECT COUNT(*) FROM message m WHERE m.ticket = t.id AND side = 'customer')
           AS customer_messages,
       (SELECT COUNT(*) FROM message m WHERE m.ticket = t.id AND follows AND side = 'agent')
           AS agent_replies,
       (SELECT COUNT(*) FROM step s WHERE s.ticket = t.id AND was AND NOT solved) AS reopens,
       (SELECT COUNT(*) FROM transfer f WHERE f.ticket = t.id) AS transfers,
       (SELECT COUNT(*) FROM response r WHERE r.ticket = t.id) AS responses,
       (SELECT person FROM message m WHERE m.ticket = t.id AND follows AND side = 'agent'
        ORDER BY at, id LIMIT 1) AS first_replier,
       (SELECT COALESCE(NULLIF(u.EmailAddress, ''), u.id)
        FROM requestor r JOIN Users u ON u.id = r.person WHERE r.ticket = t.id
        ORDER BY r.place LIMIT 1) AS requester,
       NULLIF(t.worked, 0) * 60 AS handle
FROM ticket t;

CREATE TEMP TABLE waiting AS
SELECT s.ticket, s.began, MIN(COALESCE(s.ended, f.last_solved), f.last_solved) AS ended
FROM stretch s JOIN fact f ON f.id = s.ticket
WHERE s.status IN ('new', 'open', 'stalled') AND s.began < f.last_solved;

CREATE TEMP TABLE wait AS
SELECT ticket, SUM(strftime('%s', ended) - strftime('%s', began)) AS seconds
FROM waiting GROUP BY ticket;

-- A date is met by the reply because of which Request Tracker itself does away with it, and the
-- one that stands by the last solve, as long as the ticket is solved.
CREATE TEMP TABLE target AS
SELECT f.id AS ticket, 'resolution' AS name, t.due, CASE WHEN is_solved THEN last_solved END AS done
FROM fact f JOIN ticket t ON t.id = f.id WHERE t.due IS NOT NULL
UNION ALL
SELECT ticket, 'reply ' || ROW_NUMBER() OVER (PARTITION BY ticket ORDER BY id), due, done
FROM (
    SELECT e.ticket, e.id, e.old AS due, m.at AS done
    FROM entry e JOIN message m ON m.ticket = e.ticket AND m.follows AND m.side = 'agent'
        AND strftime('%s', e.at) - strftime('%s', m.at) < 60 AND m.id = (SELECT MAX(id) FROM entry b
                                    WHERE b.ticket = e.ticket AND b.id < e.id AND b.person != 1)
    WHERE e.type = 'Set' AND e.field = 'Due' AND e.person = 1 AND e.old > '1971');
"""

_SOLVED = "FROM fact WHERE is_solved AND last_solved >= :start AND last_solved < :end"


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """One ticket, as the database tells it.

    Times are aware, `handle` is in seconds; `solver` and `first_replier` are accounts' numbers.
    """

    id: int
    created: datetime
    queue: str
    priority: str | None
    is_solved: bool
    first_reply: datetime | None
    first_solved: datetime | None
    last_solved: datetime | None
    solver: int | None
    agent_messages: int
    customer_messages: int
    agent_replies: int
    reopens: int
    transfers: int
    responses: int
    first_replier: int | None
    requester: str | None
    handle: int | None


class Oracle:
    """The metrics, by plain SQL on Request Tracker's own database as it is when this is made.

    Only tickets in `queues` count. A window is half-open and given by two aware moments; `queue`
    narrows it to one queue, the one in which a ticket is now. Durations are in seconds, sorted.
    """

    def __init__(self, database: Path, queues: Sequence[str]) -> None:
        self._connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        finalize(self, self._connection.close)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("CREATE TEMP TABLE visible_queue (name TEXT)")
        self._connection.executemany(
            "INSERT INTO visible_queue VALUES (?)", [(queue,) for queue in queues]
        )
        # Other queues that the account sees have names for it, too.
        self._connection.execute("CREATE TEMP TABLE named_queue (id TEXT, name TEXT)")
        self._connection.executemany(
            "INSERT INTO named_queue SELECT id, Name FROM Queues WHERE Name = ?",
            [(queue,) for queue in {*queues, *QUEUES}],
        )
        self._connection.executescript(_TABLES)

    def tickets(self) -> dict[int, TicketFacts]:
        """Every ticket that counts, by number."""
        told = {}
        for row in self._rows("SELECT * FROM fact"):
            values = dict(row)
            for name in ("created", "first_reply", "first_solved", "last_solved"):
                values[name] = _moment(values[name])
            values["is_solved"] = bool(values["is_solved"])
            told[row["id"]] = TicketFacts(**values)
        return told

    def responses(self) -> dict[int, list[tuple[datetime, datetime, int]]]:
        """By ticket, in order: when customers began to ask, when they were answered, by whom."""
        told: dict[int, list[tuple[datetime, datetime, int]]] = defaultdict(list)
        for row in self._rows("SELECT * FROM response ORDER BY ticket, answered, asked"):
            told[row["ticket"]].append(
                (_aware(row["asked"]), _aware(row["answered"]), row["agent"])
            )
        return told

    def stays(self) -> dict[int, list[tuple[datetime, str]]]:
        """By ticket, for those that were moved: since when they were in which queue."""
        told: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
        for row in self._rows("SELECT * FROM stay ORDER BY ticket, id"):
            told[row["ticket"]].append((_aware(row["since"]), row["queue"]))
        return told

    def waits(self) -> dict[int, int]:
        """By ticket, for those that were ever solved: seconds until its last solve."""
        rows = self._rows(
            "SELECT id, COALESCE(seconds, 0) AS seconds FROM fact "
            "LEFT JOIN wait ON ticket = id WHERE last_solved IS NOT NULL"
        )
        return {row["id"]: row["seconds"] for row in rows}

    def waiting(self) -> dict[int, list[tuple[datetime, datetime]]]:
        """By ticket, for those that were ever solved: when its requester waited until then."""
        told: dict[int, list[tuple[datetime, datetime]]] = {number: [] for number in self.waits()}
        for row in self._rows("SELECT * FROM waiting ORDER BY ticket, began"):
            told[row["ticket"]].append((_aware(row["began"]), _aware(row["ended"])))
        return told

    def targets(self) -> dict[int, dict[str, tuple[datetime, datetime | None]]]:
        """By ticket and name: when something was due, and when it was done."""
        told: dict[int, dict[str, tuple[datetime, datetime | None]]] = defaultdict(dict)
        for row in self._rows("SELECT * FROM target"):
            told[row["ticket"]][row["name"]] = (_aware(row["due"]), _moment(row["done"]))
        return told

    def agents(self) -> dict[int, tuple[str, str]]:
        """Who worked on tickets and is privileged now: name and address."""
        rows = self._rows(
            "SELECT id, COALESCE(NULLIF(RealName, ''), Name) AS name, EmailAddress FROM Users "
            "WHERE id IN (SELECT person FROM privileged) AND id IN (SELECT person FROM handler "
            "UNION SELECT person FROM message WHERE side = 'agent' AND follows) "
            "AND id NOT IN (SELECT id FROM nobody) AND id != 1"
        )
        return {row["id"]: (row["name"], row["EmailAddress"]) for row in rows}

    def last_updates(self) -> dict[int, datetime]:
        """When each ticket that counts was last changed."""
        rows = self._rows("SELECT id, LastUpdated FROM Tickets WHERE id IN (SELECT id FROM fact)")
        return {row["id"]: _aware(row["LastUpdated"]) for row in rows}

    def removed(self) -> dict[int, str]:
        """Tickets of the visible queues that are gone: "deleted" or "merged", by number."""
        rows = self._rows(
            "SELECT t.id, CASE WHEN t.EffectiveId != t.id THEN 'merged' ELSE 'deleted' END AS how "
            "FROM Tickets t JOIN Queues q ON q.id = t.Queue "
            "WHERE q.Name IN (SELECT name FROM visible_queue) "
            "AND (t.EffectiveId != t.id OR t.Status = 'deleted')"
        )
        return {row["id"]: row["how"] for row in rows}

    def queues_of_all(self) -> dict[int, str]:
        """The queue of every ticket there is, seen or not."""
        rows = self._rows("SELECT t.id, q.Name FROM Tickets t JOIN Queues q ON q.id = t.Queue")
        return {row["id"]: row["Name"] for row in rows}

    # --- the metrics ---

    def ticket_volume(self, start: datetime, end: datetime, queue: str | None = None) -> int:
        return self._number(
            "SELECT COUNT(*) FROM fact WHERE created >= :start AND created < :end",
            start,
            end,
            queue,
        )

    def tickets_solved(self, start: datetime, end: datetime, queue: str | None = None) -> int:
        return self._number(f"SELECT COUNT(*) {_SOLVED}", start, end, queue)

    def solvers(self, start: datetime, end: datetime, queue: str | None = None) -> int:
        """How many agents solved at least one of those tickets."""
        return self._number(f"SELECT COUNT(DISTINCT solver) {_SOLVED}", start, end, queue)

    def backlog(self, moment: datetime, queue: str | None = None) -> int:
        """Tickets that were there and unsolved just before `moment`."""
        return self._number(
            "SELECT COUNT(*) FROM fact WHERE created < :end AND NOT COALESCE((SELECT solved "
            "FROM step WHERE ticket = fact.id AND at < :end AND solved != was "
            "ORDER BY at DESC, step.id DESC LIMIT 1), 0)",
            moment,
            moment,
            queue,
        )

    def first_response_times(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> list[int]:
        """By the time of the first reply."""
        return self._durations("created", "first_reply", "fact", start, end, queue)

    def response_times(self, start: datetime, end: datetime, queue: str | None = None) -> list[int]:
        """By the time of the reply."""
        source = "(SELECT r.*, queue FROM response r JOIN ticket t ON t.id = r.ticket)"
        return self._durations("asked", "answered", source, start, end, queue)

    def resolution_times(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> list[int]:
        """By the last solve, of tickets that are still solved."""
        source = "(SELECT * FROM fact WHERE is_solved)"
        return self._durations("created", "last_solved", source, start, end, queue)

    def first_resolution_times(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> list[int]:
        """By the first solve, whatever came after."""
        return self._durations("created", "first_solved", "fact", start, end, queue)

    def one_touch(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> tuple[int, int]:
        """Solved tickets with exactly one agent reply, and solved tickets."""
        return self._share("agent_replies = 1", _SOLVED, start, end, queue)

    def interactions(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> tuple[int, int]:
        """Public messages by both sides in solved tickets, and solved tickets."""
        return self._pair(
            f"SELECT COALESCE(SUM(agent_messages + customer_messages), 0), COUNT(*) {_SOLVED}",
            start,
            end,
            queue,
        )

    def transferred(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> tuple[int, int]:
        """Solved tickets that changed hands, and solved tickets."""
        return self._share("transfers > 0", _SOLVED, start, end, queue)

    def reopened(self, start: datetime, end: datetime, queue: str | None = None) -> tuple[int, int]:
        """Reopened tickets, and tickets whose last solve falls in the window, solved now or not."""
        source = "FROM fact WHERE last_solved >= :start AND last_solved < :end"
        return self._share("reopens > 0", source, start, end, queue)

    def requester_wait_times(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> list[int]:
        """By the last solve, of tickets that are still solved."""
        rows = self._windowed(
            "SELECT COALESCE(seconds, 0) AS seconds FROM fact LEFT JOIN wait ON ticket = id "
            "WHERE is_solved AND last_solved >= :start AND last_solved < :end",
            start,
            end,
            queue,
        )
        return sorted(row["seconds"] for row in rows)

    def first_contact(
        self, start: datetime, end: datetime, queue: str | None = None, *, until: datetime
    ) -> tuple[int, int]:
        """Tickets solved at the first contact, of those solved a week before `until` or earlier."""
        return self._share(
            "customer_messages <= 1 AND reopens = 0 AND NOT EXISTS (SELECT 1 FROM fact o "
            "WHERE o.requester = fact.requester AND o.created > fact.last_solved "
            "AND o.created <= datetime(fact.last_solved, '+7 days'))",
            f"{_SOLVED} AND last_solved < '{_text(until - timedelta(days=7))}' "
            "AND requester IS NOT NULL",
            start,
            end,
            queue,
        )

    def repeat_contacts(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> tuple[int, int]:
        """Requesters who had opened another ticket in the week before, and requesters."""
        return self._pair(
            "SELECT COUNT(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM fact o "
            "WHERE o.requester = fact.requester AND o.created < fact.created "
            "AND o.created >= datetime(fact.created, '-7 days')) THEN requester END), "
            "COUNT(DISTINCT requester) FROM fact WHERE created >= :start AND created < :end",
            start,
            end,
            queue,
        )

    def escalated(
        self, start: datetime, end: datetime, queue: str | None = None, *, tier: str
    ) -> tuple[int, int]:
        """Tickets created that are or were in the queue `tier`, and tickets created."""
        return self._share(
            f"fact.queue = '{tier}' OR EXISTS (SELECT 1 FROM stay WHERE stay.ticket = fact.id "
            f"AND stay.queue = '{tier}')",
            "FROM fact WHERE created >= :start AND created < :end",
            start,
            end,
            queue,
        )

    def kept_promises(
        self, start: datetime, end: datetime, queue: str | None = None
    ) -> tuple[int, int]:
        """Targets met, and targets met or missed, by when that was decided."""
        return self._share(
            "met",
            "FROM (SELECT queue, met, CASE WHEN met THEN done ELSE g.due END AS decided "
            "FROM (SELECT *, COALESCE(done <= due, 0) AS met FROM target) AS g "
            "JOIN ticket t ON t.id = g.ticket) WHERE decided >= :start AND decided < :end",
            start,
            end,
            queue,
        )

    def handled(self, start: datetime, end: datetime, queue: str | None = None) -> tuple[int, int]:
        """Seconds worked on solved tickets for which they are kept, and those tickets."""
        return self._pair(
            f"SELECT COALESCE(SUM(handle), 0), COUNT(handle) {_SOLVED}", start, end, queue
        )

    # --- asking ---

    def _durations(
        self,
        began: str,
        ended: str,
        source: str,
        start: datetime,
        end: datetime,
        queue: str | None,
    ) -> list[int]:
        rows = self._rows(
            f"SELECT strftime('%s', {ended}) - strftime('%s', {began}) AS seconds FROM {source} "
            f"WHERE {ended} >= :start AND {ended} < :end AND queue = COALESCE(:queue, queue) "
            "ORDER BY seconds",
            start=_text(start),
            end=_text(end),
            queue=queue,
        )
        return [row["seconds"] for row in rows]

    def _share(
        self, condition: str, source: str, start: datetime, end: datetime, queue: str | None
    ) -> tuple[int, int]:
        query = f"SELECT COUNT(CASE WHEN {condition} THEN 1 END), COUNT(*) {source}"
        return self._pair(query, start, end, queue)

    def _pair(
        self, query: str, start: datetime, end: datetime, queue: str | None
    ) -> tuple[int, int]:
        [row] = self._windowed(query, start, end, queue)
        return row[0], row[1]

    def _number(self, query: str, start: datetime, end: datetime, queue: str | None) -> int:
        [row] = self._windowed(query, start, end, queue)
        number: int = row[0]
        return number

    def _windowed(
        self, query: str, start: datetime, end: datetime, queue: str | None
    ) -> list[sqlite3.Row]:
        return self._rows(
            f"{query} AND queue = COALESCE(:queue, queue)",
            start=_text(start),
            end=_text(end),
            queue=queue,
        )

    def _rows(self, query: str, **values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(query, values).fetchall()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _aware(text)


def _aware(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
