"""The parts of CUDA that edgeface needs: GPU detection, memory, streams and graphs."""
