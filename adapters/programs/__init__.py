"""Stand-alone programs that repeat a call without this project."""
