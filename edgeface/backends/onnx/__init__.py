"""ONNX targets, and ONNX Runtime."""
