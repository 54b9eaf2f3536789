"""Decides what happens to a Rollout: `plan(World) -> Plan`."""

from tidegate.core.rollout.plan import plan

__all__ = ["plan"]
