"""Rules of robots.txt and pages for the agents of AI."""
