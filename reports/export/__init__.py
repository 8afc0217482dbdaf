"""The report for machines: JSON, JUnit, SARIF, a badge, and what a gate writes."""
