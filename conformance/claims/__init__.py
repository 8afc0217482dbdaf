"""Claims: sentences of documents, each tried on the stacks that it speaks about.

A `*.toml` file here holds the claims of one source; `catalog` reads them. What a claim says is a property, by name: a
rule of the suite (also those in `properties`, which only claims use), or an experiment of a module in `experiments`.
"""
