"""What a subject does instead of what it promises."""
