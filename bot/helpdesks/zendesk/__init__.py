"""Zendesk Support, read over its web API; ratings and the calls of Talk besides.

A first read finds what is older and still unsolved by a search, then follows the incremental
export of tickets; from then on that export's own cursor is followed, which tells of every change,
of automations and deletions, too. It ends where Zendesk says that the stream ends. Subjects, texts
and the names of customers are in no shape of ours; of a requester the address is, so that they are
the same customer at every desk, and the store keeps a hash of it.

What a ticket's facts are made of:

* Its audits, all of them, asked for whenever it changed. Who wrote a public comment is the
  customer if they are its requester. Anyone else is an agent when they are one now, or when they
  had this ticket, gave it away, noted something in it or changed its status or priority: so who has
  left stays an agent where they worked. Whoever was its requester before can do the latter three as
  a customer. What was written in a chat or in messaging counts where its audit has it and can be
  read. Machines (`bots`, and agents of a chat who have no number) are nobody.
* An opening private note is no message: the first public one of an agent is then a reply.
* A transfer is another assignee or another group after the first one.
* Who solved it is who set it to solved; without histories, its assignee.
* Promises (SLA) are the targets that its audits tell of: first reply, next replies, resolution,
  requester wait and agent work, the latter two by the calendar only; business time is that of the
  schedule that was applied to it, or of the oldest one. Updates that are due again and again
  (periodic, pausable) have no date in the audits and are left out.
* A ticket closed with the tag `closed_by_merge` was merged if an audit added that tag, or if it was
  never solved before it was closed: a follow-up inherits the tag, and counts. What is marked as
  spam is deleted by that, and told so; suspended tickets are no tickets.
* Without histories (`histories = false`) facts are Zendesk's own measurements, in whole minutes:
  then nobody tells of reopenings, of single responses, of messages, and of promises; and a
  follow-up that was merged itself is told as if it was not.

A ticket has one rating, however often its customer answers: the newest answer, and since when they
were asked.

A call counts where it came to a queue and is over: one that left a voicemail as a call that nobody
answered, like one that was given up. Outside business hours those count that somebody took.

What cannot be learned: whether a deleted ticket was spam, and how often an article of the help
center was read. A ticket that was restored within the minute in which it was deleted was never
gone.
"""

from bot.clock import Clock
from bot.helpdesks import Guide
from bot.helpdesks.zendesk.desk import Zendesk
from bot.helpdesks.zendesk.settings import Settings
from bot.pauses import Pauses

__all__ = ["GUIDE", "Settings", "Zendesk", "open_desk"]

GUIDE = Guide(
    "Zendesk",
    asks=("url", "email", "token"),
    steps=(
        "url: the address of its start page, e.g. https://acme.zendesk.com.",
        "email: the address of the account that reads; leave it out for a token of OAuth.",
        "token: Admin Center → Apps and integrations → APIs → API tokens → Add API token.",
    ),
    rights="An administrator's account: Zendesk gives the export of tickets, ratings and schedules "
    "to no other. A token of OAuth needs the scope read only.",
)


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> Zendesk:
    """The Zendesk that the user calls `name`."""
    return Zendesk(name, settings, clock, pauses)
