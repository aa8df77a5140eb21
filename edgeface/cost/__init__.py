"""What a network costs, whatever file it comes in: work, parameters, memory."""
