"""Every message is a row before it is posted, and the row says what became of it.

queued ──▶ sending ──▶ sent ◀──▶ edit     it shows `shown`, and should show `version`
▲           │                     └──▶ lost     it is gone, or out of reach for good
│           ├──▶ retry    nothing was posted: again at `next_at`, with plainer blocks if Slack refused them
│           ├──▶ failed   Slack will never take it, it became too old, or it was withdrawn
│           └──▶ unknown  the answer was lost: it is looked up, then sent,
└─────────────────┘       or queued again

A row is the message: whoever wants it to say something else changes the row (`change`), whatever
state it is in. What is not posted yet is posted once, as it is then; what is posted is edited. An
edit may be done twice without harm, so a lost answer to one is no `unknown`: it is done again.

A sealed message (`queue_sealed`) is posted and looked for like any other, but it is changed by
nobody, and instead of becoming `sent` or `failed` its row is deleted.

Each statement asks for the state, and for the version, on which it builds. So whatever two
processes do at the same moment, the newest content is the one that is shown in the end.
"""

from bot.store.outbox.edits import edit_later, edit_refused, edited
from bot.store.outbox.ending import failed, lost
from bot.store.outbox.line import (
    change,
    queue,
    queue_all_sealed,
    queue_sealed,
    reply,
    withdraw,
)
from bot.store.outbox.past import counts, latest, tidy, troubled
from bot.store.outbox.sealed import Envelope, Hours, Sealed, is_sealed, opened, seal
from bot.store.outbox.sending import (
    again,
    held,
    look_later,
    not_found,
    pictures,
    plainer,
    sent,
    start,
    unknown,
    uploaded,
)
from bot.store.outbox.states import ABANDONED, LIFETIME, STANDS
from bot.store.outbox.waiting import anything_due, due, hold

__all__ = [
    "ABANDONED",
    "LIFETIME",
    "STANDS",
    "Envelope",
    "Hours",
    "Sealed",
    "again",
    "anything_due",
    "change",
    "counts",
    "due",
    "edit_later",
    "edit_refused",
    "edited",
    "failed",
    "held",
    "hold",
    "is_sealed",
    "latest",
    "look_later",
    "lost",
    "not_found",
    "opened",
    "pictures",
    "plainer",
    "queue",
    "queue_all_sealed",
    "queue_sealed",
    "reply",
    "seal",
    "sent",
    "start",
    "tidy",
    "troubled",
    "unknown",
    "uploaded",
    "withdraw",
]
