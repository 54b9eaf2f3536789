"""Calls of other systems: what is sent, how it is signed, what the answer means. Whoever sends it is the shell."""
