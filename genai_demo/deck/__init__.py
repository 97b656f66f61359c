"""Decks: Markdown with recipes becomes screens. The app of present.py and the exported file draw the same.

parse: the text of a deck -> Deck of Screens; blocks: a screen's films, tables and charts; draw: frames -> HTML; page: a
screen -> HTML; export: one file that needs no network. assets/decks/README.md says how a deck is written.
"""
