"""The judge of generated pictures: a small classifier trained on the real ones; quality.py uses its features."""
