"""The record of a run: its events as types, its file, and the report's own file."""
