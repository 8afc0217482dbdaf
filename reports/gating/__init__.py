"""A gate: what is said of each subject, what it was asked, and where it refuses what its contract takes."""
