"""One Zendesk as `bot.helpdesks.HelpDesk` wants it: its streams, its counts and its checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.clocks import clock_told, roughly
from bot.domain import Agent, ArticleDay, Call, Fact, Rating, Status, Ticket, Window
from bot.errors import DeskRefused
from bot.helpdesks import Capabilities, Counted, Cursor, Page, Stream
from bot.helpdesks.zendesk.calls import PATH as CALLS
from bot.helpdesks.zendesk.calls import Calls
from bot.helpdesks.zendesk.limits import ACCOUNT, EXPORT, SEARCH, TALK, limits
from bot.helpdesks.zendesk.names import PAGE, GroupNames, Team
from bot.helpdesks.zendesk.ratings import SCORES, Ratings
from bot.helpdesks.zendesk.schedules import PATH as SCHEDULES
from bot.helpdesks.zendesk.schedules import Schedules
from bot.helpdesks.zendesk.settings import STATUSES, Settings
from bot.helpdesks.zendesk.story import Site
from bot.helpdesks.zendesk.tickets import COUNTED, EXPORTED, SEARCHED, Tickets, literal
from bot.helpdesks.zendesk.tickets import Place as TicketPlace
from bot.helpdesks.zendesk.wire import MERGED, Count, Export, Found, Me, Person, Search, Sheet
from bot.pauses import Pauses
from bot.settings import BusinessHours
from bot.vocabulary import Vocabulary
from bot.webapi import Access, Answer, Forbidden, NotThere, Params, WebApi, Words

#: A search gives so many results at most (Search API, "Results limit").
FOUND = 1_000

WORDS = Words(
    product="Zendesk",
    token="Make one in Admin Center under Apps and integrations, APIs, API tokens, and set "  # noqa: S106  a sentence
    "{variable}TOKEN, and {variable}EMAIL to the address of its account.",
    rights="The export of tickets is for administrators: make the account one.",
    address="Set {variable}URL to its start page, such as https://acme.zendesk.com.",
)

#: What the export tells by itself, and what only histories do.
_TOLD = frozenset(
    {
        Fact.GROUP,
        Fact.CHANNEL,
        Fact.PRIORITY,
        Fact.SOLVES,
        Fact.FIRST_SOLVE,
        Fact.SOLVER,
        Fact.FIRST_REPLY,
        Fact.TRANSFERS,
        Fact.WAITS,
        Fact.REQUESTER,
    }
)
_TOLD_BY_HISTORIES = frozenset({Fact.REOPENS, Fact.REPLIES, Fact.RESPONSES, Fact.SLA})


class Zendesk:
    """One Zendesk Support, with Talk and the ratings of either kind where it has them."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._api = WebApi(
            name, _access(settings), WORDS, limits(settings), clock=clock, pauses=pauses
        )
        self._groups, self._team = GroupNames(self._api), Team(self._api, clock, settings.bots)
        self._schedules = Schedules(name, self._api, settings)
        statuses = Vocabulary(name, "status", STATUSES, Status.OPEN)
        site = Site(statuses, self._groups, self._team, self._schedules)
        self._tickets = Tickets(name, self._api, settings, site)
        self._ratings = Ratings(self._api, settings)
        self._calls = Calls(name, self._api, settings, self._groups)

    @property
    def capabilities(self) -> Capabilities:
        settings = self._settings
        extra = {
            Fact.BUSINESS_TIMES: settings.counts_business,
            Fact.HANDLE_TIME: settings.time_field is not None,
            Fact.CSAT: settings.csat != "off",
            Fact.CSAT_REQUESTS: settings.csat == "classic",
            Fact.CALLS: settings.talk,
            Fact.HOLD_TIME: settings.talk,
        }
        facts = _TOLD | {fact for fact, has in extra.items() if has} | settings.told_by_tags()
        streams = {Stream.TICKETS}
        streams |= {Stream.RATINGS} if settings.csat != "off" else set()
        streams |= {Stream.CALLS} if settings.talk else set()
        return Capabilities(
            facts | _TOLD_BY_HISTORIES if settings.histories else facts,
            frozenset(streams),
            frozenset({Counted.TICKETS}),
        )

    def close(self) -> None:
        self._api.close()

    def url(self, ticket_id: str) -> str:
        return f"{self._settings.url}/agent/tickets/{ticket_id}"

    def start(self, window: Window, stream: Stream = Stream.TICKETS) -> Cursor:
        if stream is Stream.RATINGS:
            return self._ratings.start(window)
        if stream is Stream.CALLS:
            return self._calls.start(window)
        return TicketPlace.at(window).told

    def tickets(self, since: Cursor) -> Iterator[Page[Ticket]]:
        self._forget()
        return self._tickets.pages(since)

    def ratings(self, since: Cursor) -> Iterator[Page[Rating]]:
        return self._ratings.pages(since)

    def calls(self, since: Cursor) -> Iterator[Page[Call]]:
        return self._calls.pages(since)

    def articles(self, since: Cursor) -> Iterator[Page[ArticleDay]]:  # noqa: ARG002  nobody counts views
        return iter(())

    def agents(self) -> Sequence[Agent]:
        return self._team.agents()

    def hours(self) -> Mapping[str, BusinessHours]:
        self._schedules.forget()
        return self._schedules.hours()

    def count(self, window: Window, what: Counted = Counted.TICKETS) -> int | None:
        """How many tickets created in `window` its search finds; its index is minutes late.

        A search finds no deleted tickets. Of those with the tag of merged ones it cannot say which
        are follow-ups that inherited it, so they are looked at one by one; `None` for too many.
        """
        if what is not Counted.TICKETS:
            return None
        query = f"type:ticket created>={literal(window.start)} created<{literal(window.end)}"
        count = self._api.get(Count, COUNTED, {"query": query}, lanes=ACCOUNT).data.count
        tagged = self._found(f"{query} status:closed tags:{MERGED}")
        return None if tagged is None else count - sum(map(self._tickets.was_merged, tagged))

    def check(self) -> Sequence[str]:
        me = self._api.get(Me, "api/v2/users/me.json", lanes=ACCOUNT)
        facts = [self._who(me.data.user), self._may_export(me)]
        agents, groups = self._team.agents(), self._groups.all()
        facts.append(f"There are {len(agents)} agents and {len(groups)} groups.")
        facts.append(self._newest_change())
        facts += self._absent()
        return [*facts, *clock_told(me.sent_at, self._clock.now())]

    def _found(self, query: str) -> Sequence[Found] | None:
        """All that a search finds; `None` where it is more than a search gives."""
        told: list[Found] = []
        asked: Params = {"query": query, "per_page": PAGE}
        sheet = self._api.get(Search, "api/v2/search.json", asked, lanes=ACCOUNT).data
        if (sheet.count or 0) > FOUND:
            return None
        told += sheet.results
        while sheet.follows:
            sheet = self._api.get(Search, sheet.follows, lanes=ACCOUNT).data
            told += sheet.results
        return told

    # --- checking ---

    def _forget(self) -> None:
        """What is remembered for a reading is not kept for the next: names and hours change."""
        for memory in (self._groups, self._schedules):
            memory.forget()

    def _who(self, person: Person) -> str:
        """Whoever is not let in can be answered as an anonymous customer."""
        if person.id is None:
            raise DeskRefused(
                "Help desk “{desk}” does not accept the token (HTTP 200).",
                WORDS.token,
                desk=self.name,
                variable=f"DESKPULSE_DESKS__{self.name.upper()}__",
            )
        return (
            f"Zendesk lets in {person.name or person.id}, whose role is {person.role or 'unknown'}."
        )

    def _may_export(self, answer: Answer[Me]) -> str:
        """Asks for the export of just now, by the desk's own clock: the last minute is refused."""
        now = answer.sent_at or self._clock.now()
        since = int((now - timedelta(minutes=10)).timestamp())
        asked = {"start_time": since, "per_page": 1}
        self._api.get(Export, EXPORTED, asked, lanes=EXPORT)
        return "The account may export tickets."

    def _newest_change(self) -> str:
        asked: Params = {
            "query": "type:ticket",
            "sort_by": "updated_at",
            "sort_order": "desc",
            "per_page": 1,
        }
        answer = self._api.get(Search, "api/v2/search.json", asked, lanes=ACCOUNT)
        if not answer.data.results:
            return "There are no tickets that its search finds."
        newest = answer.data.results[0]
        changed = newest.updated_at or newest.created_at
        return (
            f"The newest change is {roughly((answer.sent_at or self._clock.now()) - changed)} old."
        )

    def _absent(self) -> Iterator[str]:
        """What the plan or the account lacks, of all that would be read."""
        for what, path, params, lanes in self._optional():
            try:
                self._api.get(Sheet, path, params, lanes=lanes)
            except (Forbidden, NotThere):
                yield f"This account gives no {what}."

    def _optional(self) -> Iterator[tuple[str, str, Params, Sequence[str]]]:
        settings = self._settings
        older: Params = {"query": "status<solved", "filter[type]": "ticket", "page[size]": 1}
        yield "older unsolved tickets (the export of searches)", SEARCHED, older, SEARCH
        if settings.csat == "classic":
            yield "ratings", SCORES, {"page[size]": 1}, ACCOUNT
        if settings.csat == "surveys":
            yield "answers to surveys", "api/v2/guide/survey_responses", {"page[size]": 1}, ACCOUNT
        if settings.talk:
            since = int((self._clock.now() - timedelta(hours=1)).timestamp())
            yield "calls of Talk", CALLS, {"start_time": since}, TALK
        yield "business schedules", f"{SCHEDULES}.json", {}, ACCOUNT


def _access(settings: Settings) -> Access:
    """An API token goes with the address of its account, one of OAuth by itself.

    https://developer.zendesk.com/api-reference/introduction/security-and-auth
    """
    token = settings.token.get_secret_value()
    if settings.email is None:
        headers = {"Authorization": f"Bearer {token}"}
        return Access(settings.url, headers=headers, timeout=settings.timeout)
    auth = (f"{settings.email}/token", token)
    return Access(settings.url, auth=auth, timeout=settings.timeout)
