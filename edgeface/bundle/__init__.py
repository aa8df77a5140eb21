"""Pack a detector and a recognizer for a board with what runs and verifies them there."""
