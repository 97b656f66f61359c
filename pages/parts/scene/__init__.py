"""Scenes of the picture world that a visitor builds."""
