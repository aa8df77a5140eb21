"""Exports from request to artifacts and reports. The folder is not named `export`, because the function is."""
