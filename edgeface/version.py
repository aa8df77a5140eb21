"""The package's version, read by the build and by every manifest."""

__version__ = "0.8.0"
