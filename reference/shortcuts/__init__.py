"""Short cuts past the intervals, for spaces of so many groups that most have to be decided by float64 arithmetic."""
