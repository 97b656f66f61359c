"""A visitor's documents."""
