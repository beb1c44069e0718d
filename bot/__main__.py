"""`python -m bot` is the `deskpulse` command."""

from bot.cli import main

main()
