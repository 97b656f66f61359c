"""Patches of a picture that a visitor leaves out."""
