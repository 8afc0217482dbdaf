"""Known divergences: what is in the file, whether it still shows, and what could be added to it."""
