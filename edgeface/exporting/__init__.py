"""The public door: one export from request to artifacts and reports. It is not named `export`: that is the function."""
