"""Encoder-decoder: a translator that also writes numbers in words and mends damaged sentences, trained here.

It is in training and has no page yet, so it declares no runs and no models. train.py says how to go on.
"""
