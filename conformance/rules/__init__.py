"""The specification: what a rule is, how its cases are drawn and counted, and the chapters of rules."""
