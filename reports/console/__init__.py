"""What is printed: progress, the summary of a run, and the answers of the other commands."""
