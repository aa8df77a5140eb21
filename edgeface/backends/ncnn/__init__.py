"""ncnn: the optimized graph in its text and binary format, computed by the `ncnn` package."""
