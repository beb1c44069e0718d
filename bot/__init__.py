"""deskpulse: support metrics, digests, alerts and anonymous surveys in Slack."""
