"""The film strip."""
