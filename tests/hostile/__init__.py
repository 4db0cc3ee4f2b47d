"""Files made to break the door, and the harness that tries them all."""
