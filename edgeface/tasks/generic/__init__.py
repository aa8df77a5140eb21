"""Networks whose outputs are judged as numbers: landmarks, quality, liveness, age, what else has no decode."""
