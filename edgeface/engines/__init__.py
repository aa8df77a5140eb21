"""TensorRT engines of an artifact: built from its typed ONNX, read, judged, and run where there is a GPU."""
