"""Tests against the real components of this machine; `make live` runs them."""
