"""What the guard promises under kills, crowds, cancellations and time: small in `make test`, full in `make soak`."""
