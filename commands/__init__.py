"""Slash commands: one file each, whose `register(app)` says what it answers."""

from __future__ import annotations

from slack_bolt import App

from commands import alert, desk, deskpulse, digest, kpi, surveys


def register(app: App) -> None:
    """Makes the app answer every command and button."""
    for command in (alert, desk, deskpulse, digest, kpi, surveys):
        command.register(app)
