"""Pads to draw on."""
