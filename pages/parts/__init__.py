"""What pages are made of: panels, streams, themes, and one folder for each component."""
