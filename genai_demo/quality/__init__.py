"""Measures of quality, their tables and sheets; the judge of pictures; the 2-D laboratory."""
