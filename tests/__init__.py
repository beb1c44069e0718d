"""The tests of deskpulse: one file per topic, each test a sentence."""
