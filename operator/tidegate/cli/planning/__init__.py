"""What applying a manifest would do: the cluster as it stands, loaded into the model, and time passes there."""
