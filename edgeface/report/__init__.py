"""HTML reports: one for each artifact, and a matrix of many. Single files without network access or JavaScript."""
