"""Config as part of a release: what a template names, what a revision is of it, and the copies that its pods use."""
