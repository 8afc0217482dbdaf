"""How fast the suite is: beside bare calls, a naive harness, and the memory's own bandwidth."""
