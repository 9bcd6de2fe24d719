"""C2PA: what signed manifests say of training and mining."""
