"""The connection to a Request Tracker: where it is, how one gets in, and pages of its searches."""

from __future__ import annotations

from bot.clock import Clock
from bot.helpdesks.request_tracker.settings import Settings
from bot.helpdesks.request_tracker.wire import Item, Search, Sheet
from bot.limits import Limits
from bot.pauses import Pauses
from bot.webapi import Access, WebApi, Words

#: Request Tracker silently gives no more rows at once, whatever `per_page` says.
PAGE_SIZE = 100

WORDS = Words(
    product="Request Tracker",
    token="Make a new one for the bot's account under Settings, Auth Tokens, and set "  # noqa: S106
    "{variable}TOKEN.",
    rights="Let the account be granted rights (privileged), and give it SeeQueue and ShowTicket "
    "on the queues.",
    address="Set {variable}URL to the address of its start page.",
    version="Request Tracker 5.0.2 or later is needed; see what stands between it and deskpulse.",
)


class Web(WebApi):
    """Asks Request Tracker, which has no limits of its own."""

    def __init__(self, name: str, settings: Settings, clock: Clock, pauses: Pauses) -> None:
        access = Access(
            f"{settings.url}/REST/2.0",
            {"Authorization": f"token {settings.token.get_secret_value()}"},
            timeout=settings.timeout,
        )
        super().__init__(name, access, WORDS, Limits(), clock=clock, pauses=pauses)

    def sheet(self, search: Search[Item], **params: str | int) -> Sheet[Item]:
        """A page of a search."""
        asked = {"per_page": PAGE_SIZE, **search.asked, **params}
        answer = self.get(search.sheet, search.path, asked)
        return answer.data.model_copy(update={"sent_at": answer.sent_at})
