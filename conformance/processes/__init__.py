"""Processes of workers: how they are started, asked and ended, and what they share."""
