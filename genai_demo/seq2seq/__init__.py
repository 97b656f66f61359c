"""Encoder-decoders: one half reads a text both ways, the other writes another text, looking at what was read.

Its translator is in training (train.py says how to go on), so no runs and no models are declared yet, and no page is.
"""
