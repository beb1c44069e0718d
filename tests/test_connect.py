from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from bot import helpdesks
from bot.connect import Connection, Places, connect, keep_secrets, variable
from bot.errors import ConfigurationError, DeskRefused, DeskUnavailable, UsageError
from bot.settings import Settings
from tests.desks import history
from tests.desks.contracts import CONTRACTS
from tests.desks.history import BEGIN, Contract
from tests.desks.wire import Fault, Server, served
from tests.times import StandingClock

pytestmark = pytest.mark.usefixtures("retries_at_once")


@dataclass
class Person:
    """Answers by what the questions begin with; what was shown and asked is kept."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    agrees: list[bool] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    asked: list[tuple[str, str | None, bool]] = field(default_factory=list)

    def tell(self, text: str) -> None:
        self.shown.append(text)

    def ask(self, question: str, *, default: str | None = None, secret: bool = False) -> str:
        self.asked.append((question, default, secret))
        for start, answers in self.answers.items():
            if question.startswith(start) and answers:
                return answers.pop(0)
        if default is None:
            raise UsageError("Nobody answers “{question}”.", question=question)
        return default

    def confirm(self, question: str) -> bool:
        self.shown.append(question)
        return self.agrees.pop(0) if self.agrees else False


@dataclass
class Stage:
    """A kind's simulated server, and the folder in which somebody connects it."""

    contract: Contract
    server: Server
    clock: StandingClock
    places: Places

    def connect(self, person: Person, **more: Any) -> Connection:
        told: dict[str, Any] = {"name": None, "given": {}, "known": {}, **more}
        return connect(
            self.contract.kind, terminal=person, places=self.places, clock=self.clock, **told
        )

    def person(self, **more: Any) -> Person:
        """Somebody who knows everything that the guide asks for."""
        known = {"url": self.server.url, **self.contract.settings}
        asks = helpdesks.guide(self.contract.kind)[0].asks
        answers = {f"{name} (": [str(known[name])] for name in asks if name in known}
        return Person(answers={"A name": ["acme"], **answers}, **more)

    @property
    def toml(self) -> dict[str, Any]:
        return tomllib.loads(self.places.toml.read_text(encoding="utf-8"))


@pytest.fixture(params=sorted(CONTRACTS))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    contract, clock = CONTRACTS[request.param], StandingClock(BEGIN)
    site = contract.site(clock)
    for event in history.whole(5):
        clock.set(max(clock.now(), history.ended(event)))
        site.happen(event)
    clock.move(minutes=30)
    with served(site) as server:
        places = Places(tmp_path / "deskpulse.toml", tmp_path / ".env")
        yield Stage(contract, server, clock, places)


def test_it_says_where_to_find_what_it_asks_for_and_shows_what_it_could_read(stage: Stage) -> None:
    person = stage.person()
    connection = stage.connect(person)
    guide = helpdesks.guide(stage.contract.kind)[0]
    assert person.shown[0] == f"Connecting {guide.product}."
    for step in guide.steps:
        assert f"  · {step}" in person.shown
    assert f"  Least privileges: {guide.rights}" in person.shown
    assert len([line for line in person.shown if line.startswith("✓ ")]) == 3
    assert connection.name == "acme"
    assert stage.toml["desks"]["acme"]["kind"] == stage.contract.kind


def test_each_setting_that_it_asks_for_is_explained_by_a_step(stage: Stage) -> None:
    guide, settings = helpdesks.guide(stage.contract.kind)
    assert guide.rights
    for name in guide.asks:
        assert name in settings.model_fields
        assert any(step.startswith(f"{name}: ") for step in guide.steps), name
    needed = {name for name, about in settings.model_fields.items() if about.is_required()}
    assert needed <= set(guide.asks)


def test_a_secret_is_typed_unseen_and_stands_in_no_settings_file(stage: Stage) -> None:
    person = stage.person()
    stage.connect(person)
    token = str(stage.contract.settings["token"])
    assert [secret for question, _, secret in person.asked if question.startswith("token (")] == [
        True
    ]
    assert token not in stage.places.toml.read_text(encoding="utf-8")
    assert not any(token in line for line in person.shown)
    assert not stage.places.env.exists()
    assert any(f"{variable('acme', 'token')}=…" in line for line in person.shown)


def test_the_secret_is_kept_for_oneself_where_one_wants_it(stage: Stage) -> None:
    stage.places.env.write_text("SLACK_BOT_TOKEN=xoxb-1", encoding="utf-8")
    stage.connect(stage.person(agrees=[True]))
    lines = stage.places.env.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "SLACK_BOT_TOKEN=xoxb-1"
    assert any(line.startswith(f"{variable('acme', 'token')}=") for line in lines)
    assert stat.S_IMODE(stage.places.env.stat().st_mode) == 0o600


def test_what_was_written_connects_the_program(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.connect(stage.person(agrees=[True]))
    monkeypatch.chdir(stage.places.toml.parent)
    read = Settings.read(slack_bot_token=None)
    desk = helpdesks.load("acme", read.desks["acme"], stage.clock)
    assert len(desk.check()) >= 3
    desk.close()


def test_what_the_environment_holds_is_neither_asked_for_nor_written(stage: Stage) -> None:
    token = stage.contract.settings["token"]
    person = stage.person()
    stage.connect(person, known={"acme": {"token": token}})
    assert not any(question.startswith("token (") for question, _, _ in person.asked)
    assert not stage.places.env.exists()
    assert not any(f"{variable('acme', 'token')}=" in line for line in person.shown)


def test_what_the_environment_holds_wrongly_is_written_down_and_told(stage: Stage) -> None:
    right = str(stage.contract.settings["token"])
    person = stage.person(agrees=[True, True])
    person.answers["token ("] = [right]
    name = variable("acme", "token")
    held = {name: "wrong-1-2"}
    stage.connect(person, known={"acme": {"token": "wrong-1-2"}}, environment=held)
    assert any(line.startswith(f"{name} is set to something else") for line in person.shown)
    kept = dotenv_values(stage.places.env)
    assert kept[name] == right


def test_what_the_file_holds_wrongly_is_mended_there(stage: Stage) -> None:
    """Of two lines the last one holds, so nobody has to change anything."""
    right, name = str(stage.contract.settings["token"]), variable("acme", "token")
    stage.places.env.write_text(f"{name}=wrong-1-2", encoding="utf-8")
    person = stage.person(agrees=[True, True])
    person.answers["token ("] = [right]
    stage.connect(person, known={"acme": {"token": "wrong-1-2"}}, environment={})
    assert not any("something else" in line for line in person.shown)
    assert dotenv_values(stage.places.env)[name] == right


def test_a_list_that_is_known_already_is_taken_as_it_is(tmp_path: Path) -> None:
    contract = CONTRACTS["request_tracker"]
    clock = StandingClock(BEGIN)
    with served(contract.site(clock)) as server:
        stage = Stage(
            contract, server, clock, Places(tmp_path / "deskpulse.toml", tmp_path / ".env")
        )
        person = stage.person(agrees=[True])
        stage.connect(person, known={"acme": {"queues": ["General"]}})
    assert "✓ Queues that count: General." in person.shown


def test_nothing_is_written_where_the_help_desk_does_not_let_us_in(stage: Stage) -> None:
    stage.server.always = Fault.UNAUTHORIZED
    with pytest.raises(DeskRefused, match="does not accept the token"):
        stage.connect(stage.person())
    assert not stage.places.toml.exists()
    assert not stage.places.env.exists()


def test_a_wrong_token_can_be_mended_on_the_spot(stage: Stage) -> None:
    person = stage.person(agrees=[True])
    right = str(stage.contract.settings["token"])
    person.answers["token ("] = ["wrong-1-2", right]
    stage.connect(person)
    # A wrong key is a 401 at most, and a 403 at some.
    assert any(re.search(r"HTTP 40[13]\).*Try again\?", line) for line in person.shown)
    assert stage.toml["desks"]["acme"]["kind"] == stage.contract.kind


def test_who_connects_does_not_wait_for_a_limit(stage: Stage) -> None:
    stage.server.always = Fault.TOO_MANY_FOR_AN_HOUR
    with pytest.raises(DeskUnavailable, match="no more requests for 3600 seconds"):
        stage.connect(stage.person())


# --- the file, by the kind that needs nothing ---


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "deskpulse.toml", tmp_path / ".env")


def demo(places: Places, name: str = "acme", **more: Any) -> Connection:
    told: dict[str, Any] = {"given": {}, "known": {}, **more}
    clock = StandingClock(BEGIN)
    return connect("demo", name=name, terminal=Person(), places=places, clock=clock, **told)


@pytest.mark.parametrize("before", ["", 'zone = "UTC"', '# mine\n[desks.old]\nkind = "demo"\n'])
def test_what_stood_in_the_file_stays(places: Places, before: str) -> None:
    if before:
        places.toml.write_text(before, encoding="utf-8")
    demo(places, given={"volume": "50"})
    text = places.toml.read_text(encoding="utf-8")
    assert text.startswith(before)
    assert tomllib.loads(text)["desks"]["acme"] == {"kind": "demo", "volume": "50"}


def test_a_file_that_cannot_be_added_to_is_left_alone(places: Places) -> None:
    before = 'desks = { old = { kind = "demo" } }\n'
    places.toml.write_text(before, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"by hand: \[desks.acme\]; kind = \"demo\""):
        demo(places)
    assert places.toml.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", ["Acme", "acme-eu", "1acme", "a__b", "acme desk", "ä"])
def test_a_name_that_no_variable_could_have_is_refused(places: Places, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        demo(places, name=name)
    assert not places.toml.exists()


def test_a_name_is_given_once(places: Places) -> None:
    with pytest.raises(UsageError, match="There is a help desk “acme” already"):
        demo(places, known={"acme": {"kind": "demo"}})


def test_a_setting_that_there_is_not_is_told_with_those_that_there_are(places: Places) -> None:
    with pytest.raises(UsageError, match=r"no setting “colour”\. Its settings: .*volume"):
        demo(places, given={"colour": "red"})


def test_a_wrong_setting_is_told(places: Places) -> None:
    with pytest.raises(ConfigurationError, match="volume"):
        demo(places, given={"volume": "many"})


@pytest.mark.parametrize(
    "secret",
    ["plain-1", "with space", "a#b c", "it's", 'say "so"', r"a\\b", r"a\b", "$HOME", "=x="],
)
def test_a_secret_is_read_from_the_file_as_it_was_typed(places: Places, secret: str) -> None:
    person = Person(agrees=[True])
    secret_demo(places, person, secret)
    assert dotenv_values(places.env) == {variable("acme", "token"): secret}


def test_a_secret_that_the_file_would_change_is_left_to_the_environment(places: Places) -> None:
    person = Person(agrees=[True])
    secret_demo(places, person, "ab${HOME}cd")
    assert not places.env.exists()
    assert person.shown[-1] == "That cannot be written into .env: set it in the environment."


def secret_demo(places: Places, person: Person, secret: str) -> None:
    """Keeps the secret of a desk whose kind has one."""
    guide, settings = helpdesks.guide("request_tracker")
    connection = Connection("acme", "request_tracker", guide, settings, {"token": secret})
    keep_secrets(connection, places.env, person)


def test_a_list_may_be_given_as_names_with_commas(places: Places) -> None:
    demo(places, given={"escalation_tags": "vip, second tier"})
    desk = tomllib.loads(places.toml.read_text(encoding="utf-8"))["desks"]["acme"]
    read = helpdesks.guide("demo")[1].model_validate({"escalation_tags": desk["escalation_tags"]})
    assert read.escalation_tags == ["vip", "second tier"]


def test_a_list_that_is_no_json_is_told(places: Places) -> None:
    with pytest.raises(ConfigurationError, match="begins like a JSON list and is none"):
        demo(places, given={"escalation_tags": '["vip"'})
