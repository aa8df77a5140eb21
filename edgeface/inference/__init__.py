"""Inference with artifacts: detector, recognizer, pipeline, gallery."""
