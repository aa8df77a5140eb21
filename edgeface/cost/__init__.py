"""The cost of a network in any supported file format: work, parameters, memory."""
