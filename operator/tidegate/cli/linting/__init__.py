"""What the API server and the operator would refuse, found without either of them."""
