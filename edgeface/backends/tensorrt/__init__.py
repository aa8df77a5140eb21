"""TensorRT and TensorRT-RTX: engines built from typed ONNX, read, checked and run."""
