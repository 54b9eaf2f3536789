"""Tools for working on Tidegate: the local cluster and the demo. Not part of the installed package."""
