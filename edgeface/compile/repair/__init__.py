"""Repair: what to change in a quantized build so that its gate holds, found by measured effects on decisions."""
