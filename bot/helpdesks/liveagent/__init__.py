"""LiveAgent (QualityUnit), read over its API v3; its ratings over the reports of its API v1.

Tickets are walked in the order in which they changed, always on from the last moment seen, and a
little back at each sync, because the search behind the list (Elasticsearch, since 5.43) finds changes
late. Subjects, texts and names of customers are never modelled; of an owner the e-mail address is,
so that they are the same customer at every desk, and the store keeps a hash of it.

What a ticket's facts are made of:

* Its message groups. An incoming e-mail or a form is the customer's, unless an agent wrote it; an
  outgoing one an agent's, also of an agent who has left, unless LiveAgent itself or a machine (`bots`)
  sent it. In chats and the like each text counts, by who wrote it; whoever begins a chat has
  contacted us before a word is said, but one to which we invited was opened by us. A call is a
  contact of the customer and, once an agent took it, a reply; one by which an agent called is a
  reply where an agent appears in it. Notes, forwarded messages and what came over from a
  merged ticket are not counted. An agent who owns the ticket is its customer.
* Its history: statuses, departments and agents, by when each began. A transfer is a change of
  department, or of agent once there was one, also when it was handed back in between.
* Who resolved it is who wrote the message group of type R then; a rule that did is nobody.
* Its requester waits while it is new, open (also chatting or calling) or postponed. Where postponed
  means that the customer is to answer, `statuses` can say so: `{ W = "pending" }`.
* Its promises are its SLA times, with the moments at which LiveAgent closed them: the first answer
  when it was answered, the first resolve at the first one, whatever happened since.
* Escalations and complaints are told by tags or departments, as the settings name them.
* Deleted tickets are told as removed, as merged where that was the last thing that was done to
  them; spam is told as spam. One whose history is not there is gone only if its messages are, too.

A call's group and agent are those of its ticket's history when the call was taken. Time on hold is
not told, it is part of the talk. A rating is a reward or a rebuke of the ranking report; a neutral one
counts as none, as in LiveAgent's own reports.

What cannot be learned: priorities, views of articles, who was asked for a rating, tickets that were
erased, the SLA time of a first answer that a resolve without an answer did away with, and what a
merge was unless it left its message group.
"""

from bot.clock import Clock
from bot.helpdesks import Guide
from bot.helpdesks.liveagent.desk import LiveAgent
from bot.helpdesks.liveagent.settings import Settings
from bot.pauses import Pauses

__all__ = ["GUIDE", "LiveAgent", "Settings", "open_desk"]


GUIDE = Guide(
    "LiveAgent",
    asks=("url", "token", "report_token", "report_zone"),
    steps=(
        "url: the address of its start page, e.g. https://acme.ladesk.com.",
        "token: Configuration > System > API, Create API key (API v3).",
        "report_token: Configuration > System > API > Settings for API v1, for ratings.",
        "report_zone: the time zone of the account, as deskpulse doctor tells it.",
    ),
    rights="A key of API v3 that may read tickets, agents, departments, tags, calls, SLAs and "
    "settings, and write nothing. The key of API v1 cannot be limited.",
)


def open_desk(name: str, settings: Settings, clock: Clock, pauses: Pauses) -> LiveAgent:
    """The LiveAgent that the user calls `name`."""
    return LiveAgent(name, settings, clock, pauses)
