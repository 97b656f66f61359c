"""Lessons: plain text with recipes, which a page's guide takes a visitor through.

lesson.py says what a lesson is and how its question is checked, parse.py reads one, library.py knows those of the
project (docs/lessons).
"""
