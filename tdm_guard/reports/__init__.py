"""What is made of compliance logs: counts and reports, whom to ask, what waits for a person."""
