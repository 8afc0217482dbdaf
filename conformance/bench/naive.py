"""The naive harness that `bench` measures against: one Hypothesis array and one allclose per example.

It runs in a process of its own with the framework inside, as `python -m conformance.bench.naive MODULE STACK MODE
EXAMPLES SEED`, and prints {"groups", "seconds", "examples"} as JSON. It exists for comparison only; no verdict comes
from it.
"""

from __future__ import annotations

import json
import sys
import time

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
from hypothesis import strategies as st

from adapters.core.messages import Recipient
from adapters.worker import serve
from conformance.rules.explore import generate_only


def main(module: str, name: str, mode: str, examples: int, seed: int) -> None:
    """Hold max_norm over axis 0 to NumPy's formula on `examples` matrices, and say how long that took."""
    _, framework = serve.load(Recipient(name, module))
    groups = 0

    @hypothesis.seed(seed)
    @generate_only(examples)
    @hypothesis.given(
        weights=arrays.arrays(
            np.float32,
            arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=88),
            elements=st.floats(-10, 10, width=32),
        )
    )
    def check(weights: np.ndarray) -> None:
        nonlocal groups
        constraint = framework.build("max_norm", {"max_value": 2.0, "epsilon": 1e-7}, 0, mode)
        result, _ = framework.to_array(framework.synchronise(constraint(framework.to_tensor(weights, "float32"))))
        norms = np.sqrt(np.sum(weights**2, axis=0, keepdims=True))
        np.allclose(result, weights * (np.clip(norms, 0, 2.0) / (1e-7 + norms)), rtol=1e-6, atol=1e-6)
        groups += weights.shape[1]

    start = time.perf_counter()
    check()
    print(json.dumps({"groups": groups, "seconds": time.perf_counter() - start, "examples": examples}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
