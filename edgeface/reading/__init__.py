"""Reading files that may be anything: what is opened, how much of it is read, and documents and arrays in it."""
