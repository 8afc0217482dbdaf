"""Experiments by framework and subject; each module is found by being here."""
