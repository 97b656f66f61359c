"""Files that visitors bring, read in a process of their own."""
