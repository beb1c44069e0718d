"""Alerts: what a rule watches, when it fires, and how long what it found stands. Pure decisions."""
