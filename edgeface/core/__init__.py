"""Foundations for all other packages: artifacts, certificates, staging, progress."""
