"""Who is asked: stacks in processes of their own, one at a time or all of a run, and what comes back."""
