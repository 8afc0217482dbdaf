"""Mutants: small implementations in NumPy, one of them right and each of the others wrong in one way."""
