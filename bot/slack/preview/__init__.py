"""Shows messages as a reader in Slack would see them: on a page, or in a terminal."""

from __future__ import annotations

from bot.slack.preview.conversation import Conversation, Unshown
from bot.slack.preview.html import to_html, view_html
from bot.slack.preview.terminal import to_terminal

__all__ = ["Conversation", "Unshown", "to_html", "to_terminal", "view_html"]
