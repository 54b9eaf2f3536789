"""`make demo`: a good release and a bad one, under traffic, and what the bad one costs as a plain Deployment."""
