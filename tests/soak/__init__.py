"""What the guard promises under kills, floods and time: small in `make test`, at full size in `make soak`."""
