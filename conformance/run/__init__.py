"""A run: the rules put to stacks, recorded as results come in, and single cases asked again."""
