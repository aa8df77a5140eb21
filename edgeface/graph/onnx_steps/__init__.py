"""Steps that prepare an ONNX model for the reader, one a file: each takes a model and gives it back changed.

A step may change the model that it is given in place. Each leaves a valid model that computes the same.
"""
