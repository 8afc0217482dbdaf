"""The messages between the suite and a worker, and the first lines that a worker runs.

The master runs BOOTSTRAP in a fresh interpreter through execnet and sends the first message
    {"root": project folder, "log": file for all output}
The worker answers {"ready": pid}, or {"unavailable": sentence} and ends. Then each request gets one response.
Stacks of one `process` share a worker, so every request but "quit" names its stack:
"stack": Stack.name, "module": Stack.module, and "declared": Stack.declared where there is any. A stack is loaded at
the first request that names it.

{"do": "find", "where": "file.py" or "package.module", "names": [str]} -> {"subjects": [see user_code.find]},
    or {"unavailable": sentence}; names no stack

{"do": "describe"} -> DESCRIPTION, or {"unavailable": sentence} if the stack cannot be loaded
    {"versions": {import name: str}, "python": str, "backend": str,
     "device": {"kind": "cpu" or "gpu", "name": str, "details": {driver or library: version}, on a CPU none},
     "formats": {name: None or why the stack cannot hold it},
     "modes": [str], "pid": int, "epsilon_default": float}

{"do": "apply", "contract": one of Stack.contracts,
 "parameters": {"max_value": 2.0, "epsilon": 1e-7, ...}, "axis": AXIS, "weights": WEIGHTS,
 "mode": one of Stack.modes, "calls": k, "way": WAY, "keep": "all" or "last"}
    AXIS: int, None, [..] (a list), {"tuple": [..]}, {"float": 1.5}, {"bool": True} or {"numpy": 1} (a np.int64):
        the dimensions over which the norm is taken, in the Keras sense, whatever the call itself wants to be given:
        the adapter of torch.renorm passes the dimension that is left.
    WEIGHTS: {"format": "float32", "shape": [3, 4], "layout": see adapters.core.arrays, "bits": bytes}
    WAY: "call", "gradient" (of the sum of the result, with respect to the weights, in place of the result), "tf32" (a
        call while TensorFloat-32 is allowed), or a key of Framework.ways
    "mode", "calls", "layout", "epsilon", "way" and "keep" may be left out: Stack.modes[0], 1, "C", the stack's own
        default, "call" and "all".
    A parameter is a float, or None or a string where a rule asks what an implementation makes of those.
    The constraint is built once and called k times, each time on the result before. One of these comes back:
    {"outcome": "value", "results": [{"format", "shape", "bits"} per call, or of the last call only],
     "input_changed": bool, "warnings": [str], "seconds": float, "first": bool}
        input_changed: the bits of the input, as the framework sees them, differ after the first call
        seconds: wall time of all calls, conversions left out; first: the mode compiles, and had not been called with
            this stack, contract, axis, way, format and shape (and parameters, where they are Framework.constants)
            before: so most of the time is tracing and compiling
    {"outcome": "error", "type": "ValueError", "message": str, "call": index}   the constraint raised
    {"outcome": "malformed", "reason": "returned NoneType, not an array"}
    {"outcome": "unsupported", "reason": sentence}   no such format, mode, way or constraint in this stack
    {"outcome": "refused", "reason": sentence}       the request itself is wrong: the suite's fault

{"do": "time", "request": an apply request, "repeats": n} -> {"seconds": float}, or an outcome but "value"
    wall time of n calls on the same converted tensor, each result awaited, after one warm-up call

{"do": "copy", "weights": WEIGHTS, "repeats": n} -> {"seconds": float}, or an outcome but "value"
    the same of copying the tensor on its device

{"do": "run", "source": str, "stack": ..., "module": ...} -> {"outcome": "ran", "stdout": str},
    or {"outcome": "error", "type": str, "message": str, "stdout": str}; the source runs as __main__

{"do": "quit"} ends the worker without a response.

Bits are little-endian and in C order whatever the layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# execnet leaves '' in front: a file torch.py in the user's folder would be taken for the framework.
BOOTSTRAP = """
import sys
start = channel.receive()
sys.path[:] = [start["root"]] + [path for path in sys.path if path not in ("", start["root"])]
try:
    from adapters.worker.serve import serve
except BaseException as error:  # no NumPy, or a Python too old for this project
    channel.send({"unavailable": "the worker cannot start: %s: %s" % (type(error).__name__, error)})
else:
    serve(channel, start["log"])
"""


def decode_axis(axis: Any) -> Any:
    """Turn the wire form of an axis into the Python object that the framework gets."""
    if not isinstance(axis, dict):
        return axis
    ((kind, value),) = axis.items()
    return {"tuple": tuple, "float": float, "bool": bool, "numpy": np.int64}[kind](value)
