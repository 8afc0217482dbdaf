"""The commands, a module for each: its HELP, its ORDER among them, `add_arguments(parser)` and `run(arguments)`."""
