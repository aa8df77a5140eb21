"""The schema of device profiles: cores, boards, emulation and recommended settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from edgeface.devices.profile_latency import Latency, RuntimeShare

CACHE_LINE_BYTES = 64
MAX_CORES = 64

Title = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 .,()+/_-]{0,79}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
Number = Annotated[int, Field(ge=0, lt=MAX_CORES)]
Khz = Annotated[int, Field(ge=1, le=100_000_000)]
Numbers = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_CORES, strict=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Core(_Table):
    """A kind of Arm core.

    Attributes:
        part: field of its MIDR register, which identifies the kind; `variant` and `revision` are two further fields.
        features: its instruction sets as Linux lists them in /proc/cpuinfo; "asimddp" is the int8 dot product.
    """

    part: int = Field(ge=0, le=0xFFF)
    variant: int = Field(default=0, ge=0, le=0xF)
    revision: int = Field(default=0, ge=0, le=0xF)
    features: Annotated[tuple[Word, ...], Field(min_length=1, max_length=100, strict=False)]


class Cache(_Table):
    """A cache: its size in KiB, and its associativity, with lines of 64 bytes."""

    kib: int = Field(ge=1, le=1 << 20)
    ways: int = Field(ge=1, le=1 << 10)

    @model_validator(mode="after")
    def _has_whole_sets(self) -> Cache:
        if (self.kib << 10) % (self.ways * CACHE_LINE_BYTES):
            raise ValueError(f"{self.kib} KiB are not a whole number of sets of {self.ways} lines")
        return self


class Cluster(_Table):
    """Cores of one kind that share a clock.

    Attributes:
        core: name of the profile that describes the kind of core.
        cores: the cores' numbers.
        max_khz: highest clock; `min_khz` is the lowest.
        l1d: data cache of each core.
        l2: shared cache.
    """

    core: str
    cores: Numbers
    max_khz: Khz
    min_khz: Khz
    l1d: Cache
    l2: Cache


class EmulatorCpu(_Table):
    """How a device is emulated: QEMU's name of its processor."""

    cpu: Word


class Advice(_Table):
    """Settings that bundles recommend on a board: cores to pin to, and threads inside one operator."""

    cores: Numbers
    threads: int = Field(ge=1, le=MAX_CORES)


class Profile(_Table):
    """A device: a board, or a kind of core.

    Attributes:
        name: the file's name without suffix.
        title: its usual name.
        architecture: as `uname -m` prints it.
        core: the kind of core that this profile describes, if any.
        clusters: the device's cores; empty where only a kind of core is described.
        emulator: how it is emulated; None where it is not.
        bundle: recommended settings; None where bundles are not packed for it.
        latency: what counts take on its cores; empty where nothing was published to fit to.
        runtime_shares: what other runtimes take of the fitted milliseconds.
    """

    name: Word
    title: Title
    architecture: Literal["aarch64"] = "aarch64"
    core: Core | None = None
    clusters: Annotated[tuple[Cluster, ...], Field(max_length=MAX_CORES, strict=False)] = ()
    emulator: EmulatorCpu | None = None
    bundle: Advice | None = None
    latency: Annotated[tuple[Latency, ...], Field(max_length=MAX_CORES, strict=False)] = ()
    runtime_shares: Annotated[tuple[RuntimeShare, ...], Field(max_length=MAX_CORES, strict=False)] = ()

    @property
    def cores(self) -> tuple[tuple[int, Cluster], ...]:
        """Each core's number and cluster, in order of number."""
        every = [(number, cluster) for cluster in self.clusters for number in cluster.cores]
        return tuple(sorted(every, key=lambda item: item[0]))

    @property
    def fastest(self) -> Cluster:
        """The cluster with the highest clock; the profile must have clusters."""
        return max(self.clusters, key=lambda cluster: cluster.max_khz)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Profile:
        numbers = [number for number, _ in self.cores]
        if numbers != list(range(len(numbers))):
            raise ValueError(f"cores are numbered from 0, each once; here {numbers}")
        if not numbers and (self.core is None or self.emulator or self.bundle):
            raise ValueError("[[clusters]] are missing, without which only a [core] can be described")
        if self.bundle is not None and not set(self.bundle.cores) <= set(numbers):
            raise ValueError(f"[bundle] recommends cores that do not exist: {list(self.bundle.cores)}")
        self._check_latency()
        return self

    def _check_latency(self) -> None:
        kinds = {cluster.core: len(cluster.cores) for cluster in self.clusters}
        said = [(each.core, each.threads) for each in self.latency]
        for core, threads in said:
            if threads > kinds.get(core, 0):
                raise ValueError(f"[[latency]] is of {core}×{threads}, which the device does not have")
        if len(said) != len(set(said)):
            raise ValueError("[[latency]] describes the same cores twice")
