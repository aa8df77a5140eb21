"""Reports as HTML: one of each artifact, and a matrix of many. One file each, no network, no JavaScript."""
