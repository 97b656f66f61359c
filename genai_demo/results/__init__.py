"""A result as files, previews and recordings."""
