"""Intercom, read over its REST API.

Conversations are searched by when they last changed, the oldest change first, again and again from
the last second seen, since a row that changes moves to the end of the order while one reads. The
history of each that changed is one request. Subjects, texts, titles and names of customers are never
kept; of a text only whether there is one. A customer is their address where the conversation tells
it, and the store keeps a hash of it; without `histories`, which tell most addresses, their id.

What a ticket's facts are made of:

* Its parts. A comment is a public message, and so is what opens, closes, snoozes or assigns it with a
  text. Notes are not. A teammate is an agent; bots, the AI agent and teams are the system, and what
  they write is no reply.
* It is opened by its contact, by a teammate (`admin_initiated`), or by a bot or a campaign. Of these
  last ones those that no contact answered are left out (`unanswered`). What we sent first and lies
  closed until the contact answers is neither solved nor reopened by that.
* `closed` is solved: a contact can open it again. `snoozed` waits for us, or as `snoozed` says.
* The team that it was first given to is the one that it came to; then each other team is a move.
* The SLA is one target that is decided when the conversation is closed (`Story`), missed or not.
* Its handle time is the time in which teammates were at work on it.
* Conversations merged into another one are told as merged; deleted ones are told from version 2.16
  of the API on, which is asked for that alone.

What cannot be learned: by when a target was due; whether a chat came from a web page or an app; the
hold time of a call; a move to a team that came with a teammate in one step, but for the last one.
Without `histories` there are Intercom's own statistics, which count from the contact's first
message on; the same is told of what lies before the newest 500 parts of a conversation.
"""

from bot.clock import Clock
from bot.helpdesks import Guide
from bot.helpdesks.intercom.desk import Intercom
from bot.helpdesks.intercom.settings import Settings
from bot.pauses import Pauses

__all__ = ["GUIDE", "Intercom", "Settings", "open_desk"]


GUIDE = Guide(
    "Intercom",
    asks=("token", "url"),
    steps=(
        "token: in the Developer Hub make an app of your own; Configure → Authentication shows it.",
        "url: https://api.intercom.io; .eu.intercom.io or .au.intercom.io in the EU or Australia.",
    ),
    rights="An app of your own workspace that may read conversations and read admins; to read and "
    "list articles where their views are wanted. Nothing to write.",
)


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> Intercom:
    """The Intercom workspace that the user calls `name`."""
    return Intercom(name, settings, clock, pauses)
