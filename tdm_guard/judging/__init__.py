"""How one URL is judged: what its response and its body say, what that comes to, and what lifts it."""
