"""Data the weights were trained on, and seeded 2-D point sets."""
