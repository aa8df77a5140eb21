"""Insertion of quantization into an ONNX graph, shared by the ONNX and TensorRT targets."""
