"""What alert rules look at, for many moments at once, from the store."""

from bot.store.observations.past import Past

__all__ = ["Past"]
