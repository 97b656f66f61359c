"""Pictures to choose."""
