"""Freshdesk, read over its REST API (version 2).

Tickets are listed by when they last changed, each list from the last change that was seen, never
by counting on pages; deleted tickets and spam have lists of their own and are told as tombstones.
The times of a ticket and its requester's address come with the list; its conversations are asked
for ticket by ticket, several at once, where `histories` is set. Subjects and texts are never kept:
the API sends them along with a list and with conversations, whatever one asks for.

What a ticket's facts are made of:

* Its last solve is when it was resolved, or closed where it never was resolved. The solver is
  who has the ticket while it is solved: nothing tells who solved it.
* It counts as reopened once Freshdesk tells when it was reopened last. How often that was, and when it
  was solved before, is forgotten there.
* Public replies and notes of agents are replies, what comes in publicly is a customer's message;
  answers to surveys and what is forwarded to others are neither. Whoever wrote what did not come
  in was an agent, also when they left since. An outbound e-mail was opened by an agent.
* Without histories the first reply is Freshdesk's own "first responded at", without its author.
* Promises (SLA) are the two due dates that stand now. While a status stops the clock of a promise
  its date means nothing, so it is left out then, unless it was kept or already violated; and so is
  the first reply to a ticket that was solved without one.
* A merge closes a ticket and leaves a note. Such a ticket is told as merged where histories are
  read and the note begins as the settings say; of the note only that is kept.
* Its own count has merged tickets in it, so it is there only where these are not told as merged.

What cannot be learned: the history of statuses, groups and assignments, hence no first solve,
no waits and no transfers; when a survey was sent; tickets that Freshdesk archived or erased.
"""

from bot.clock import Clock
from bot.helpdesks import Guide
from bot.helpdesks.freshdesk.desk import Freshdesk
from bot.helpdesks.freshdesk.settings import Settings
from bot.pauses import Pauses

__all__ = ["GUIDE", "Freshdesk", "Settings", "open_desk"]


GUIDE = Guide(
    "Freshdesk",
    asks=("url", "token"),
    steps=(
        "url: the address that agents open, e.g. https://acme.freshdesk.com.",
        "token: log in as the bot's agent, picture → Profile settings → View API key.",
    ),
    rights="An agent of its own that sees all tickets (global access); an administrator's role "
    "lets it read the names of agents, business hours and labels of statuses too.",
)


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> Freshdesk:
    """The Freshdesk that the user calls `name`."""
    return Freshdesk(name, settings, clock, pauses)
