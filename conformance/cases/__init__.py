"""What is asked: cases, the shapes and parameters that they are drawn from, and how one is made smaller."""
