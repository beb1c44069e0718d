"""The metric catalogue: every number that deskpulse shows, declared once."""
