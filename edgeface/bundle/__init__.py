"""Pack a detector and a recogniser for a board with what runs and verifies them there."""
