"""A file of rules that is brought into the store: tried on the past first, and in nobody's name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import Session

from bot.alert_files import Change, compared, understood
from bot.alert_trials import Trial, after, told, too_much, trials
from bot.alerts.config import Difference
from bot.services import Services
from bot.slack.alerts.rehearsal import Proposal
from bot.store import alerts as rules
from bot.store import budgets
from tests.alert_workspace import ACME, NOISY, below, burst, posted, row_of, send, watch
from tests.times import T
from tests.workspace import CHANNEL, LEAD, Workspace, open_desks, words

DEAR = "ticket_volume > 3"


def difference(session: Session, services: Services, text: str) -> Difference:
    config = understood(session, services, text, services.reader(LEAD))
    assert not config.problems
    return compared(session, services, config)


def tried(workspace: Workspace, text: str) -> list[Trial]:
    services = workspace.services
    with services.reading() as session:
        found = difference(session, services, text)
        return list(trials(session, services, found, services.reader(LEAD)))


def applied(workspace: Workspace, text: str) -> None:
    """The file is brought in, without anybody who would own new rules."""
    services, reader = workspace.services, workspace.services.reader(LEAD)
    with services.reading() as session:
        config = understood(session, services, text, reader)
        found = compared(session, services, config)
    costs = {(one.entry.channel, one.entry.text): one.cost for one in tried(workspace, text)}
    Change(services, config, found, costs, reader, None, "rules.conf", T()).apply()


@pytest.mark.thorough  # 5 s: false alarms of a rule and of what would be cheaper are simulated
def test_a_rule_beyond_the_budget_comes_with_cheaper_ones() -> None:
    with open_desks(NOISY) as workspace:
        services, reader = workspace.services, workspace.services.reader(LEAD)
        with workspace.writing() as session:
            budgets.keep(session, services.workspace, CHANNEL, 0.2, by=LEAD, now=T())
        text = f"[{CHANNEL}]\n{DEAR}\npaused: ticket_volume > 2\n"
        found = tried(workspace, text)
        assert [one.entry.text for one in found] == [DEAR, "ticket_volume > 2"]
        assert "false alarms a week" in "\n".join(told(found[0], reader))
        with services.reading() as session:
            changes = difference(session, services, text)
            budget = after(session, services, changes, found)
            # One that is paused costs nothing.
            assert budget[CHANNEL].expected == found[0].cost
            first, *cheaper = too_much(session, services, budget, found, reader)
        assert first.startswith(f"{CHANNEL}: ⚠️ false alarms: about")
        assert cheaper
        # Nothing on a terminal is markup.
        assert all(line.startswith("  ticket_volume > ") for line in cheaper)
        assert all("would cost about" in line for line in cheaper)
        proposes = replace(found[0].tried, proposals=[Proposal("frt > 4h & so on", fired=2)])
        lines = told(replace(found[0], tried=proposes), reader)
        assert "  frt > 4h & so on would have fired 2 times." in lines


def test_what_a_channel_is_in_for_is_without_what_the_file_takes_away() -> None:
    with open_desks(ACME) as workspace:
        services = workspace.services
        for text, paused in (("csat < 85%", False), ("backlog > 99", False), ("nps < 20", True)):
            watch(workspace, text, cost=1.5, paused=paused)
        text = f"[{CHANNEL}]\npaused: backlog > 99\nnps < 20\n"
        with services.reading() as session:
            found = difference(session, services, text)
            budget = after(session, services, found, [])
        assert budget[CHANNEL].expected == 1.5


def test_a_rule_that_is_edited_is_tried_in_its_own_zone() -> None:
    with open_desks(ACME) as workspace:
        watch(workspace, DEAR, zone="Asia/Tokyo")
        (one,) = tried(workspace, f"[{CHANNEL}]\nticket_volume > 4\n")
        assert one.zone.key == "Asia/Tokyo"
        assert one.entry.id == 1


def test_what_a_file_ends_is_told_as_ended_by_nobody_in_slack() -> None:
    with open_desks(ACME) as workspace:
        watch(workspace, DEAR)
        burst(workspace)
        send(workspace)
        applied(workspace, f"[{CHANNEL}]\n")
        send(workspace)
        assert row_of(workspace, 1).removed_at is not None
        (message,) = posted(workspace)
        assert message.text.startswith("⏹️")
        seen = [words({"text": message.text}), *below(workspace)]
        seen.append(workspace.types("/alert log").told)
        assert not [text for text in seen if LEAD in text]
        assert "stopped" in seen[-1]


def test_a_rule_that_cannot_be_read_is_taken_away_and_made_anew() -> None:
    with open_desks(ACME) as workspace:
        watch(workspace, DEAR, standing={"parts": 5})
        with workspace.services.reading() as session:
            found = difference(session, workspace.services, f"[{CHANNEL}]\n{DEAR}\n")
            assert not rules.is_readable(row_of(workspace, 1))
        assert [entry.id for entry in found.removed] == [1]
        assert [entry.text for entry in found.added] == [DEAR]
