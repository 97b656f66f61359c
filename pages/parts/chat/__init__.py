"""A conversation, and the tree of alternatives."""
