"""The public door: one export from request to artifacts and reports. (Not named `export`: that is the function.)"""
