"""Simulated help desks: servers that follow a vendor's real rules over HTTP."""
