"""ONNX Runtime on the CPU, with fixed thread counts and deterministic kernels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeface.backends.checks import check_feeds, check_model, describe_model
from edgeface.backends.onnx.file import check_onnx, session_source
from edgeface.backends.onnx.session import (
    CPU_PROVIDER,
    cannot_load,
    check_provider,
    check_started,
    first_line,
    ort_errors,
    spec_of,
)
from edgeface.backends.runtime import TensorSpec
from edgeface.core.native_log import native_log_held
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array

_WARNING = 2


class OrtRunner:
    """A loaded ONNX model on one of ONNX Runtime's providers. Threads may share it: a session's runs share no values.

    Args:
        model: an .onnx file, or its bytes. A file may have external weights.
        threads: threads inside one operator.
        optimize: whether ONNX Runtime may fuse and rewrite; False runs the graph as written. A set of names leaves out
            only these of its rewritings.
        provider: execution provider; ONNX Runtime runs operators that it lacks on the CPU.
        in_order: run operators as early as the file lists them, rather than in an order of ONNX Runtime's, so that
            what reads a value alone, beside the rest of the network, finds it in the processor's cache.
        profile_into: a folder for a profile of all runs, which `end_profile` ends; None turns profiling off.

    Raises:
        InputError: the file is missing, unreadable or empty, or this ONNX Runtime lacks the provider.
        RuntimeFailure: ONNX Runtime rejects the model, e.g. because it is truncated.
    """

    def __init__(
        self,
        model: Path | bytes,
        threads: int = 1,
        optimize: bool | frozenset[str] = True,
        provider: str = CPU_PROVIDER,
        profile_into: Path | None = None,
        in_order: bool = False,
    ) -> None:
        self.where = describe_model(model)
        self._provider = provider
        check_model(model) if isinstance(model, bytes) else check_onnx(model)
        check_provider(provider)
        self._session = self._open(model, threads, optimize, profile_into, in_order)
        self.inputs: tuple[TensorSpec, ...] = tuple(map(spec_of, self._session.get_inputs()))
        self.outputs: tuple[TensorSpec, ...] = tuple(map(spec_of, self._session.get_outputs()))

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once.

        Args:
            feeds: every input by name, in the model's shapes and dtypes.

        Returns:
            Every output by name.

        Raises:
            RuntimeFailure: a feed does not match, or ONNX Runtime fails.
        """
        check_feeds(self.inputs, feeds, self.where)
        names = [output.name for output in self.outputs]
        try:
            values = self._session.run(names, dict(feeds))
        except ort_errors() as error:
            raise RuntimeFailure(f"ONNX Runtime failed: {first_line(error)}", where=self.where) from error
        return dict(zip(names, values, strict=True))

    def end_profile(self) -> Path:
        """The JSON file of profiling events; profiling stops."""
        return Path(self._session.end_profiling())

    def _open(
        self,
        model: Path | bytes,
        threads: int,
        optimize: bool | frozenset[str],
        profile_into: Path | None,
        in_order: bool,
    ) -> Any:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = (
            self._provider == CPU_PROVIDER
        )  # with cuDNN this would exclude the fastest kernels
        options.log_severity_level = _WARNING
        if in_order:
            options.execution_order = ort.ExecutionOrder.PRIORITY_BASED
        if profile_into is not None:
            options.enable_profiling, options.profile_file_prefix = True, str(profile_into / "profile")
        levels = ort.GraphOptimizationLevel
        options.graph_optimization_level = levels.ORT_DISABLE_ALL if optimize is False else levels.ORT_ENABLE_ALL
        left_out = sorted(optimize) if isinstance(optimize, frozenset) else None
        try:
            source = model if isinstance(model, bytes) else session_source(model)
            with native_log_held():  # its warnings name tensors, which may be called anything
                session = ort.InferenceSession(
                    source, options, providers=[self._provider], disabled_optimizers=left_out
                )
        except ort_errors() as error:
            raise cannot_load(error, self.where) from error
        check_started(session, self._provider, self.where)
        return session
