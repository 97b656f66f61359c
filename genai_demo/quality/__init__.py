"""Measures of quality, their cards, tables and sheets; the judge of pictures; the 2-D laboratory."""
