"""A backend as CONTRIBUTING says: a text format of two files, computed by numpy."""
