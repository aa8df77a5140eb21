"""Steps that prepare an ONNX model for the reader, one a file: each takes a model and gives it back changed."""
