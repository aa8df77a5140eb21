"""OpenVINO: its IR files, written, read, checked and run on the CPU."""
