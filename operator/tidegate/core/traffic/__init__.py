"""Who goes where: shares, and what a TrafficSplit does to its routes, without knowing any route kind."""
