"""How things look in Slack and how they travel: the only package that speaks to Slack's API."""
