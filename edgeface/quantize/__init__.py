"""Static quantization: statistics, schemes, plans, and what corrects the error of rounding."""
