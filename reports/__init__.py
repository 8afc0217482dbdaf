"""What is said: the record of a run, and the writers that make reports of it."""
