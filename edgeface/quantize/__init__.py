"""Static quantization: calibration statistics, schemes, plans, and corrections of the rounding error."""
