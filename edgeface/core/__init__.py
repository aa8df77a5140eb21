"""What every room stands on: artifacts, staging, progress."""
