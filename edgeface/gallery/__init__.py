"""Galleries on disk: people by name, their embeddings mapped into memory, and the exact search among millions."""
