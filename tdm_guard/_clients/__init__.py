"""What is the same under every HTTP client: one exchange, its journey, its policies, the end of its run."""
