"""Run a TFLite model in tflite-runtime, the runtime of older boards, in an environment with only it and numpy.

A standalone program that does not import edgeface; its arguments are MODEL FEEDS.npz OUT.npz KERNELS. FEEDS holds, for
each run i, the inputs as `NAME@i`; OUT receives the outputs in the same format. KERNELS is an OpResolverType's name,
such as BUILTIN_REF.
"""

from __future__ import annotations

import sys

import numpy as np


def main(model: str, feeds: str, out: str, kernels: str) -> None:
    """Run all feeds and save all outputs."""
    from tflite_runtime.interpreter import Interpreter, OpResolverType

    resolver = getattr(OpResolverType, kernels)
    interpreter = Interpreter(model_path=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    run = interpreter.get_signature_runner()
    results = {}
    with np.load(feeds, allow_pickle=False) as arrays:
        for index in sorted({key.rsplit("@", 1)[1] for key in arrays.files}):
            given = {key.rsplit("@", 1)[0]: arrays[key] for key in arrays.files if key.rsplit("@", 1)[1] == index}
            results.update({f"{name}@{index}": array for name, array in run(**given).items()})
    np.savez(out, **results)


if __name__ == "__main__":
    main(*sys.argv[1:5])
