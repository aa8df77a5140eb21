"""A worker on a machine of a Ray cluster. Ray sends this class by its value: the machine may lack edgeface."""

from __future__ import annotations

from typing import Any


class RayWorker:
    """Computes parts, once its edgeface and its libraries are known to be the caller's."""

    def __init__(self) -> None:
        self._serving: Any = None

    def greet(self, wanted: dict[str, str], task: bytes) -> dict[str, Any]:
        """What differs here from the versions that are wanted, by name: (there, here); and which machine this is.

        Args:
            wanted: versions by distribution.
            task: the task, pickled, with its files; it is kept pickled until a part comes.
        """
        import platform
        from importlib.metadata import PackageNotFoundError, version

        def found(name: str) -> str | None:
            try:
                return version(name)
            except PackageNotFoundError:
                return None

        try:
            from edgeface.version import __version__
        except ImportError:
            here: dict[str, str | None] = {"edgeface": None}
        else:
            here = {name: __version__ if name == "edgeface" else found(name) for name in wanted}
        processor = platform.machine()
        differ = {name: (wanted[name], there) for name, there in here.items() if there != wanted[name]}
        if not differ:
            from edgeface.engine.serve import Serving, prepare_process

            prepare_process()
            self._serving = Serving(task)
            from edgeface.core.processor import class_here

            kind = class_here()
            processor = processor if kind is None else kind.title
        return {"differ": differ, "machine": platform.node(), "processor": processor}

    def answer(self, number: int, part: Any) -> bytes:
        """The pickled answer for a part."""
        answer: bytes = self._serving.answer(number, part)
        return answer

    def end(self) -> None:
        """Remove what was written on this machine."""
        if self._serving is not None:
            self._serving.end()
