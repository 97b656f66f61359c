"""Melodies on a page: a pad with a piano to give one, and a player for those that a film shows."""
