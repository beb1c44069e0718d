"""The texts and number formats of a reader's language."""
