"""A release on the model cluster, in virtual time: what `tidegate simulate` and `tidegate plan` are made of.

The model has the operator's own decisions in it, so what is told here is what the operator would do.
"""
