"""Tidegate: progressive delivery for Kubernetes."""
