"""An engine that computes as a cluster does, in this process: all is pickled, and completed in another order."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np

from edgeface.engine.cargo import Cargo
from edgeface.engine.serve import Serving


@dataclass(frozen=True)
class Scattering:
    """As many pretended workers, which have parts by turns; what is complete comes in an order of that seed."""

    workers: int = 2
    seed: int = 1

    def run(self, task, parts):
        cargo = pickle.dumps(Cargo.of(task))
        serving = [Serving(cargo) for _ in range(self.workers)]
        listed = list(enumerate(parts))
        for place in np.random.default_rng(self.seed).permutation(len(listed)).tolist():
            number, part = listed[place]
            answer = pickle.loads(serving[number % self.workers].answer(number, pickle.loads(pickle.dumps(part))))
            if answer.error is not None:
                raise answer.error
            yield number, answer.result
        for worker in serving:
            worker.end()
