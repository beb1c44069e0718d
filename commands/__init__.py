"""Slash commands and flows: one file each, handlers that parse, ask the services and render."""
