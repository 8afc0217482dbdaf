"""The worker: stacks in a process of their own, answering requests one at a time."""
