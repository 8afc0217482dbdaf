"""Sweeps: spaces that are small enough are asked whole, and what comes of them is a theorem about a build."""
