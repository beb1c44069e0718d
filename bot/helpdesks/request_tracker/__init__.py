"""Request Tracker 5 (5.0.2 and later), read over its REST2 interface.

A first read walks the tickets by number; from then on the journal of transactions is followed by
their number, which tells of every change, deletions and merges included. Both go on from the
last number seen, never from a page number: a row that changes meanwhile is neither skipped nor
lost. Dates decide nothing there, because Request Tracker reads a date in the time zone of the
account. Subjects, texts and the names of customers are never asked for; of a requestor the
address is, so that they are the same customer at every desk, and the store keeps a hash of it.

What a ticket's facts are made of:

* Its own transactions. Those of a duplicate that was merged into it stay with the duplicate,
  which is told as merged and no longer counts.
* A message by a requestor of the ticket is a customer's, also when they are an agent elsewhere.
  Anyone else is an agent when their account is privileged, or when they owned this ticket or
  changed its status, queue or owner: so who has left stays an agent where they worked. An account
  that may not see who is privileged takes everyone but the requestors for agents.
* A transfer is a change of queue, or of owner once there was one. To be handed back and taken
  by somebody else is a transfer too.
* A status `deleted` that was taken back leaves no trace.
* The groups that it went through are its queues, by their names, or by their numbers where the
  account does not see them.
* Its requester waits while it is new, open or stalled. Where `stalled` means that the customer is
  to answer, `statuses` of the settings can say so: `stalled = "pending"`.
* The date Due is a promise of its resolution; one that an agent's reply did away with was a
  promise of that reply (`Story`).
* The time worked on it is its handle time. What is noted with a private comment, of which the
  account is told nothing, is found by when the ticket was last updated.

What cannot be learned: tickets that somebody moved to a queue which the account cannot see, or
erased with rt-shredder, and tickets of a queue that it is newly allowed to see. The difference
in `count` tells. There are no ratings, no calls, and no views of articles; nor tags, so that
escalations can be told by a queue only, and complaints not at all.
"""

from bot.clock import Clock
from bot.helpdesks import Guide
from bot.helpdesks.request_tracker.desk import RequestTracker
from bot.helpdesks.request_tracker.settings import Settings
from bot.pauses import Pauses

__all__ = ["GUIDE", "RequestTracker", "Settings", "open_desk"]


GUIDE = Guide(
    "Request Tracker",
    asks=("url", "token"),
    steps=(
        "url: the address of its start page, e.g. https://rt.example.com.",
        "token: log in as the bot's account, Logged in as → Settings → Auth Tokens.",
    ),
    rights="A privileged account of its own with the rights SeeQueue and ShowTicket on the queues "
    "that count, and ManageAuthTokens so that it may have a token; no right to comments.",
)


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> RequestTracker:
    """The Request Tracker that the user calls `name`."""
    return RequestTracker(name, settings, clock, pauses)
