"""Whether Slack would take our messages and views: its limits, and its official types."""
