"""Analysis of a quantized model: what is lost, where, and what each change would gain and cost."""
