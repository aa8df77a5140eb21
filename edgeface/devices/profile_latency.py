"""The schema of what is known about latencies on a board: [[latency]] and [[runtime_shares]] of its profile."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Coefficient = Annotated[float, Field(ge=0, le=1000, strict=False, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=10, strict=False, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
Sentence = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,300}$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Cycles(_Table):
    """Fitted cycles of each count; those that are left out are 0.

    Attributes:
        vector: of an instruction of vector arithmetic.
        other: of any other instruction.
        vector_memory: of a load or store of vector registers, whatever its size.
        read: of a load, and `write` of a store, of up to 64 bits.
        l1: of a miss of the L1 data cache that hits L2.
        l2: of a miss of both.
        l2_read: of a load that misses both.
    """

    vector: Coefficient
    other: Coefficient = 0
    vector_memory: Coefficient = 0
    read: Coefficient = 0
    write: Coefficient = 0
    l1: Coefficient = 0
    l2: Coefficient = 0
    l2_read: Coefficient = 0


class Pipe(_Table):
    """The least cycles that a core's pipelines take, from its maker's optimization guide, whatever its caches do.

    Attributes:
        product: of a multiplication or multiply-add of 128 bits.
        vector: of an instruction of vector arithmetic.
        read: of a read of up to 64 bits, or of half of one of 128.
        issue: of an instruction: one by the number that the core can start in a cycle.
    """

    product: Coefficient
    vector: Coefficient
    read: Coefficient
    issue: Coefficient


class Latency(_Table):
    """What counts take on some cores: a fit to published milliseconds, with its error and where it comes from.

    Attributes:
        core: the kind of core, as in [[clusters]]; counts are of one such core.
        threads: how many of them run.
        counted_on: the kind of core whose counts were fitted to, by default the same; another where the runtime that
            was measured did not have the core's own kernels yet.
        clock_khz: cycles per millisecond.
        cycles: fitted; those of more threads are per thread count, so that milliseconds are cycles / clock.
        pipe: of one core.
        rows: networks that were fitted to.
        mean_error: of networks that were left out of the fit in turn, as a share of the published figure; so are
            `median_error`, `p90_error` (nine in ten are below) and `max_error`.
        runtime: whose figures were published.
        version: of that runtime, which was counted.
        source: who published the figures.
        date: of the fit.
    """

    core: Name
    threads: int = Field(ge=1, le=64)
    counted_on: Name | None = None
    clock_khz: int = Field(ge=1, le=100_000_000)
    cycles: Cycles
    pipe: Pipe
    rows: int = Field(ge=1, le=100_000)
    mean_error: Share
    median_error: Share
    p90_error: Share
    max_error: Share
    runtime: Name
    version: Name
    source: Sentence
    date: Day

    @property
    def counted_core(self) -> str:
        """The kind of core to count on."""
        return self.counted_on or self.core

    def tells_of(self, runtime: str) -> bool:
        """Whether the fit says what a runtime takes: counts of another kind of core stand for that kind's kernels only.

        Other runtimes have kernels of their own for each kind, and the fitted coefficients do not carry over to them.
        """
        return self.counted_on is None or runtime == self.runtime


class RuntimeShare(_Table):
    """What another runtime takes of the fitted milliseconds.

    Attributes:
        runtime: as `edgeface predict --runtime` takes it.
        dtype: what it computes in.
        expected: the share that is expected; it is between `low` and `high`.
        reason: what says so.
    """

    runtime: Name
    dtype: Name
    expected: Share
    low: Share
    high: Share
    reason: Sentence

    @model_validator(mode="after")
    def _is_a_range(self) -> RuntimeShare:
        if not self.low <= self.expected <= self.high:
            raise ValueError(f"{self.expected:g} is not between {self.low:g} and {self.high:g}")
        return self
