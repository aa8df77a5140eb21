"""Face detection: from a network's outputs to faces, and how well two sets of faces agree."""
