"""The graph: immutable typed IR, ops, ONNX reader and writer, rewrite engine, verify."""
