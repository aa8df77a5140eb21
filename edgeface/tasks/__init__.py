"""What the networks are for: decoding, matching and judging, by task."""
