"""What every adapter is made of: stacks, frameworks, messages, arrays; Python 3.9 and NumPy."""
