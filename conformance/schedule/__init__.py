"""Who asks what, and in which order: the plan of a run, its tasks, and the processes or machines that share them."""
