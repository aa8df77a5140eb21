"""Artifacts at work: detector, recognizer, pipeline, gallery."""
