"""Networks whose outputs are judged as numbers: landmarks, quality, liveness, age, and what else has no decode."""
