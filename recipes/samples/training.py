"""Train a student, by steps that depend on nothing but the seed and their number, so that any can be the first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lesson import Lesson
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

_WARM_UP_STEPS = 200
_FADE_SHARE = 0.3
_EMA = 0.998


@dataclass(frozen=True)
class Course:
    """How a student is trained.

    Attributes:
        steps: how many, of `batch` images each.
        batch: images a step.
        rate: the learning rate until the last 30 % of the steps, over which it fades to nothing.
        seed: of the images.
        workers: threads that prepare images.
        keep_every_s: seconds between checkpoints.
    """

    steps: int
    batch: int
    rate: float
    seed: int = 0
    workers: int = 1
    keep_every_s: float = 120.0

    def rate_at(self, step: int) -> float:
        """The learning rate: it warms up, stays, and fades.

        A longer course begins as a shorter one does, so `steps` may be raised until the rate fades.
        """
        fading = self.steps * _FADE_SHARE
        return self.rate * min(1.0, (step + 1) / _WARM_UP_STEPS, max(self.steps - step, 0) / max(fading, 1.0))


class Training:
    """A student, its running mean (which is what is kept as its weights) and its optimizer.

    Args:
        lesson: what is taught.
        course: how.
        folder: gets `checkpoint.pt` and `student.safetensors`; a checkpoint that is there is gone on from.
    """

    def __init__(self, lesson: Lesson, course: Course, folder: Path) -> None:
        self._lesson, self._course, self._folder = lesson, course, folder
        student = lesson.student
        self._mean = deepcopy(student).eval().requires_grad_(False)
        self._optimizer = torch.optim.AdamW(_groups(student), lr=course.rate, betas=(0.9, 0.99))
        self.step = 0
        self._device = next(student.parameters()).device
        if self._checkpoint.is_file():
            self._resume()

    @property
    def _checkpoint(self) -> Path:
        return self._folder / "checkpoint.pt"

    def run(self) -> None:
        """Train to the course's end, with a line a minute and a checkpoint every few."""
        begun, first, kept, told = time.monotonic(), self.step, time.monotonic(), 0.0
        sums: dict[str, float] = {}
        since = self.step
        for images in self._batches():
            for name, value in self._advance(torch.from_numpy(images).to(self._device)).items():
                sums[name] = sums.get(name, 0.0) + value
            now = time.monotonic()
            if now - told > 60 or self.step == self._course.steps:
                rate = (self.step - first) * self._course.batch / (now - begun)
                parts = " ".join(f"{name} {value / (self.step - since):.4f}" for name, value in sums.items())
                print(f"step {self.step}/{self._course.steps} {rate:.1f} images/s {parts}", flush=True)
                told, since, sums = now, self.step, {}
            if now - kept > self._course.keep_every_s:
                self._keep()
                kept = time.monotonic()
        self._keep()

    def _batches(self) -> Iterator[NDArray[np.uint8]]:
        """The remaining steps' images, prepared ahead."""
        course = self._course
        ahead: deque[list[Future[NDArray[np.uint8]]]] = deque()
        with ThreadPoolExecutor(course.workers) as threads:
            for step in range(self.step, course.steps):
                ahead.append([threads.submit(self._image, step, number) for number in range(course.batch)])
                if len(ahead) > 2:
                    yield np.stack([future.result() for future in ahead.popleft()])
            while ahead:
                yield np.stack([future.result() for future in ahead.popleft()])

    def _image(self, step: int, number: int) -> NDArray[np.uint8]:
        return self._lesson.image(np.random.default_rng([self._course.seed, step, number]))

    def _advance(self, images: torch.Tensor) -> dict[str, float]:
        for group in self._optimizer.param_groups:
            group["lr"] = self._course.rate_at(self.step)
        losses = self._lesson.losses(images)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._lesson.student.parameters(), 5.0)
        self._optimizer.step()
        self.step += 1
        self._follow()
        return {name: float(value.detach()) for name, value in losses.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the running mean towards the student, fast at first."""
        share = 1 - min(_EMA, (1 + self.step) / (10 + self.step))
        for mean, value in zip(
            self._mean.state_dict().values(), self._lesson.student.state_dict().values(), strict=True
        ):
            mean.lerp_(value, share) if mean.is_floating_point() else mean.copy_(value)

    def _keep(self) -> None:
        """Write the checkpoint and the weights, each at once; then say how good the student is."""
        state = {
            "step": self.step,
            "student": self._lesson.student.state_dict(),
            "mean": self._mean.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(self._checkpoint)
        save_weights(self._mean, self._folder / "student.safetensors")
        figures = " ".join(f"{name} {value:.4f}" for name, value in self._lesson.judge(self._mean).items())
        print(f"step {self.step} kept; held out: {figures}", flush=True)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, map_location=self._device, weights_only=True)
        self.step = int(state["step"])
        self._lesson.student.load_state_dict(state["student"])
        self._mean.load_state_dict(state["mean"])
        self._optimizer.load_state_dict(state["optimizer"])


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's weights as safetensors, float32, without batch norm's counters."""
    state = {
        name: tensor.contiguous().cpu()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    unfinished = path.with_suffix(".part")
    save_file(state, unfinished)
    unfinished.replace(path)


def _groups(network: nn.Module) -> list[dict[str, object]]:
    """Convolutions' weights decay; biases, slopes and batch norms do not."""
    weights = [value for value in network.parameters() if value.ndim > 1]
    others = [value for value in network.parameters() if value.ndim <= 1]
    return [{"params": weights, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
