"""What a digest says: pure decisions over readings."""
