"""Model files as a Network: ONNX and TFLite, of any producer, none of them trusted."""
