"""People who use Slack: they read, type, press and fill in, and see what comes of it.

What they do arrives at a web process as Slack sends it, signed. Where nothing comes back, as from a
process that dies, they do it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import httpx

from tests.live.amended import AmendedSlack
from tests.live.components import wait_until
from tests.live.emulator import SlackEmulator
from tests.processes import until
from tests.slack_double import SlackDouble
from tests.slack_requests import Signed, click, slash, submission
from tests.workspace import words

Json = dict[str, Any]

#: For how long somebody goes on trying, and for how long they wait for an answer before they do it
#: again, in seconds.
PATIENCE, ANSWERED = 90, 3

#: The fields of a window in which one of several things is chosen.
_CHOICES = ("static_select", "radio_buttons")

#: Makes a request, of a response URL and a trigger.
Deed = Callable[[str, str], Signed]


class Seen(NamedTuple):
    """A message as somebody sees it: where it stands, and whether it is only whispered to them."""

    channel: str
    ts: str
    content: Json
    whispered: bool = False

    @property
    def text(self) -> str:
        """All its words."""
        return words(self.content)

    def button(self, label: str) -> Json:
        """The one button that is labelled so, be it with more words behind."""
        labels = [(f"{one['text']['text']} ", one) for one in self.buttons()]
        (found,) = (one for text, one in labels if text.startswith(f"{label} "))
        return found

    def buttons(self) -> Iterator[Json]:
        for block in self.content.get("blocks") or []:
            yield from (one for one in block.get("elements", []) if one["type"] == "button")


@dataclass
class Line:
    """Between people and deskpulse: what Slack shows, and where it sends what they do.

    Nobody looks at messages from before `since`, a time stamp. Whoever waits for an answer when the
    web process dies (`deaths` counts that) waits no longer.
    """

    slack: SlackEmulator
    proxy: AmendedSlack
    answers: SlackDouble
    port: int
    since: float
    deaths: int = 0
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=False, timeout=20))
    _numbers: Iterator[int] = field(default_factory=count)

    def sent(self, signed: Signed) -> httpx.Response | None:
        """What the web process answered; `None` where it is not there, or failed."""
        url = f"http://127.0.0.1:{self.port}/slack/events"
        # Connections to a process that was killed lead nowhere.
        headers = {**signed.headers, "Connection": "close"}
        try:
            answer = self._client.post(url, content=signed.body, headers=headers)
        except httpx.TransportError:
            return None
        return answer if answer.status_code == 200 else None

    def new_url(self) -> tuple[str, str]:
        """A response URL, and its name, that nobody had before."""
        name = f"answer-{next(self._numbers)}"
        return self.answers.response_url(name), name

    def shown(self, signed: Signed, look: Callable[[], Json | None]) -> Json | None:
        """Sends a request; what `look` finds of it then, if anything comes."""
        deaths = self.deaths
        if self.sent(signed) is None:
            return None
        for _ in until(ANSWERED):
            if (found := look()) is not None or self.deaths > deaths:
                return found
        return None

    def answered(self, name: str) -> Json | None:
        """What was sent to a response URL."""
        there = list(self.answers.responses)
        return next((message for used, message in there if used == name), None)

    def close(self) -> None:
        self._client.close()


@dataclass
class Person:
    """Somebody in Slack."""

    id: str
    line: Line = field(repr=False)

    def messages(self) -> list[Seen]:
        """What the bot wrote to them, oldest first."""
        posted = self.line.proxy.to(self.id)
        if not posted:
            return []
        direct = posted[0].channel
        there = self.line.slack.messages(direct)
        return [Seen(direct, one["ts"], one) for one in there if float(one["ts"]) > self.line.since]

    def types(self, text: str, channel: str) -> Seen:
        """Types a command; what they are answered."""
        return self._told(self._typed(text, channel), Seen(channel, "", {}, whispered=True))

    def presses(self, button: str | Json, seen: Seen) -> Seen:
        """Presses a button of a message; what they are told, in its place or below it."""
        return self._told(self._pressed(button, seen), seen)

    def presses_once(self, button: str, seen: Seen) -> bool:
        """Presses it, and does not look what comes of it; whether the press arrived."""
        return self.line.sent(self._pressed(button, seen)(*self.line.new_url())) is not None

    def opens(self, button: str | Json, seen: Seen) -> Json:
        """Presses a button that opens a window."""
        return self._opened(self._pressed(button, seen))

    def opens_by(self, text: str, channel: str) -> Json:
        """Types a command that opens a window."""
        return self._opened(self._typed(text, channel))

    def fills_in(
        self, view: Json, *, numbers: Sequence[int | None] = (), text: str = "", ticks: bool = False
    ) -> Json:
        """Fills in a window and sends it; the window that they see then.

        `numbers` are chosen in its questions, one after the other, `None` is skipped; `text` goes
        into its field for text, and `ticks` ticks its boxes.
        """
        signed = submission(
            view["callback_id"],
            _filled(view, numbers, text, ticks=ticks),
            user=self.id,
            private_metadata=view["private_metadata"],
            view=view["id"],
            secret=self._secret,
        )
        answer = wait_until(lambda: self.line.sent(signed), PATIENCE, "a window is not taken")
        told: Json = answer.json()
        assert told["response_action"] == "update", told
        return {**told["view"], "id": view["id"]}

    # --- How it travels ---

    @property
    def _secret(self) -> str:
        return self.line.slack.signing_secret

    def _typed(self, text: str, channel: str) -> Deed:
        command, _, rest = text.partition(" ")
        return lambda url, trigger: slash(
            command,
            rest,
            user=self.id,
            channel=channel,
            response_url=url,
            trigger=trigger,
            secret=self._secret,
        )

    def _pressed(self, button: str | Json, seen: Seen) -> Deed:
        found = seen.button(button) if isinstance(button, str) else button
        return lambda url, trigger: click(
            found["action_id"],
            found["value"],
            user=self.id,
            channel=seen.channel,
            message={**seen.content, "ts": seen.ts},
            ephemeral=seen.whispered,
            response_url=url,
            trigger=trigger,
            secret=self._secret,
        )

    def _told(self, deed: Deed, seen: Seen) -> Seen:
        """Does it until an answer comes."""

        def tried() -> Json | None:
            url, name = self.line.new_url()
            return self.line.shown(deed(url, name), lambda: self.line.answered(name))

        told = wait_until(tried, PATIENCE, f"{self.id} is not answered")
        if told.get("replace_original"):
            return seen._replace(content=told)
        return Seen(seen.channel, "", told, whispered=True)

    def _opened(self, deed: Deed) -> Json:
        """Does it until a window opens, for which there are three seconds."""

        def tried() -> Json | None:
            trigger, (url, _) = self.line.slack.trigger(self.id), self.line.new_url()
            return self.line.shown(deed(url, trigger), lambda: self.line.proxy.windows.get(trigger))

        return wait_until(tried, PATIENCE, f"no window opens for {self.id}")


# --- Windows -------------------------------------------------------------------------------------


def questions(view: Json) -> list[str]:
    """What is asked in a window and answered by one choice."""
    return [one["label"]["text"] for one in _fields(view) if one["element"]["type"] in _CHOICES]


def _filled(
    view: Json, numbers: Sequence[int | None], text: str, *, ticks: bool
) -> dict[str, Json]:
    """The state of the fields of a window, as Slack hands it back."""
    values: dict[str, Json] = {}
    left = list(numbers)
    for block in _fields(view):
        element = block["element"]
        values[block["block_id"]] = {element["action_id"]: _given(element, left, text, ticks=ticks)}
    assert not left, f"more numbers than questions: {left}"
    return values


def _given(element: Mapping[str, Any], left: list[int | None], text: str, *, ticks: bool) -> Json:
    match element["type"]:
        case "plain_text_input":
            return {"value": text or None}
        case "checkboxes":
            return {"selected_options": element["options"] if ticks else []}
        case _:
            number = str(left.pop(0)) if left else ""
            chosen = (one for one in element["options"] if one["value"] == number)
            return {"selected_option": next(chosen, None)}


def _fields(view: Json) -> list[Json]:
    return [block for block in view["blocks"] if block["type"] == "input"]
