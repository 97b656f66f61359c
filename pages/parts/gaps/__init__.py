"""A text whose words are hidden by a click."""
