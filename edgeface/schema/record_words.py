"""What each field means of the documents beside an artifact: predictions, latencies, a bundle's settings."""

from __future__ import annotations

from collections.abc import Mapping

_BUNDLED = {
    "model": "The model's file in the bundle; ncnn's weights stand beside it as .bin.",
    "name": "The model's family or name.",
    "target": "The target that it was exported for.",
    "io": "Type of inputs and outputs, as in manifest.json.",
    "macs": "Multiply-accumulates of one inference.",
    "model_sha256": "SHA-256 of `model`, in hex.",
    "contract": "Preprocessing, decoding, alignment and thresholds, as in manifest.json.",
    "versions": "Versions that it was made with.",
    "sources": "What it was made from, without names of images.",
}

RECORD_WORDS: Mapping[str, Mapping[str, str]] = {
    "PredictionRecord": {
        "format": "The form of this file.",
        "model_sha256": "SHA-256 of the model file that was predicted.",
        "device": "The board's name.",
        "title": "The board's usual name.",
        "cores": "Cores to pin to.",
        "threads": "Threads to run with.",
        "predictions": "Predicted times of the artifact; the first is in the runtime to ship it with.",
        "missing": "Why there are no predictions, and how to get them; null if there are.",
        "candidates": "Targets that were considered; empty where the user named the target.",
        "why": "Why this target was chosen; null where the user named it.",
    },
    "Predicted": {
        "runtime": "litert, tflite-runtime, ort or ncnn.",
        "version": "Its version.",
        "core": "The kind of core.",
        "threads": "Threads inside one operator.",
        "low_ms": "Lower end of the range in which the truth is expected, milliseconds.",
        "expected_ms": "Best single figure, milliseconds.",
        "high_ms": "Upper end of the range, milliseconds.",
        "fitted_ms": "Counts by the board's coefficients: what runtimes and models are compared by.",
        "bound": "What takes the time: arithmetic, loads, L2 or DRAM.",
        "evidence": "What the figures rest on, in a sentence.",
        "caveats": "What counts cannot know, in sentences.",
    },
    "CandidateRecord": {
        "target": "Name of the target.",
        "gate": "passed, refused, not judged because another is quicker, or not built.",
        "why": "The reason, unless it passed.",
        "predicted": "Its predicted time; null where nothing was predicted.",
        "chosen": "Whether it was written.",
    },
    "LatencyRecord": {
        "format": "The form of this file.",
        "threads": "Threads inside one operator.",
        "rounds": "Interleaved rounds of measurement.",
        "machine": "The machine that was measured on: processor, cores, versions.",
        "peak_gops": "Measured peak of one core in 10^9 operations a second, by arithmetic.",
        "measured": "Latencies of the `artifact`, and of the reference `onnx-fp32`.",
        "date": "The day, as 2026-11-28, in UTC; not in files of version 0.6.",
        "load": "Average number of runnable processes in the minute before.",
    },
    "TimedModel": {
        "threads": "Threads inside one operator.",
        "batch": "Images of one run.",
        "median_ms": "Median over all runs, milliseconds.",
        "p10_ms": "10th percentile, milliseconds.",
        "p90_ms": "90th percentile, milliseconds.",
        "ratio": "Latency by the reference's in the same rounds.",
        "ratio_low": "Lower end of its 95 % interval.",
        "ratio_high": "Upper end of its 95 % interval.",
        "memory_bytes": "What its process grew by from opening the model to its last run, with the runtime itself; "
        "null where that is unknown.",
        "peak_share": "Share of the core's peak that it reaches; null where that is unknown.",
        "runs": "How many runs were timed.",
    },
    "BundleRecord": {
        "format": "The form of this file.",
        "edgeface": "The version that packed it.",
        "device": "The board that it is for.",
        "thresholds": "What the bundle's programs decide by.",
        "detector": "The detector.",
        "recognizer": "The recognizer; null for a bundle that only finds faces.",
        "runtime": "The runtime that the board should have; null where none is pinned.",
        "predicted": "Predicted times by task, where the exports were for this board.",
    },
    "BoardRecord": {
        "name": "The board's name, as of --device.",
        "title": "Its usual name.",
        "cpu": "Its architecture, as `uname -m` prints it.",
        "cores": "Cores to pin to.",
        "threads": "Threads inside one operator.",
    },
    "BundleThresholds": {
        "face": "A candidate is a face from this score on.",
        "match": "Two faces are the same person's from this cosine on; null without a recognizer.",
        "match_source": "Where that threshold is from; null without a recognizer.",
    },
    "BundledDetector": _BUNDLED,
    "BundledRecognizer": _BUNDLED,
    "RuntimeRecord": {
        "package": "Its Python package.",
        "version": "Its version.",
        "min_python": "The oldest Python that it is there for; null for any.",
        "slower": "Older runtimes that a board may have, by package.",
    },
    "SlowerRuntime": {
        "version": "Its version.",
        "costs": "What it costs, in words.",
    },
}
