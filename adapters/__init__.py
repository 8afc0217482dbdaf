"""Who is asked: one module per framework, and the worker that runs one of them in its own process.

A module of this package with a tuple ``STACKS`` is an adapter; dropping one in adds its stacks. It also has

    load(stack) -> Framework          imports the framework; nothing at module level does
    snippet(stack, requests) -> Program   a stand-alone program that repeats requests to apply; no framework is needed
    prelude(stack) -> tuple           the first lines of any other program; only experiments need it

``adapters.user`` has no STACKS of its own: people bring them, as plain data (Stack.declared) that it turns into one.
"""
