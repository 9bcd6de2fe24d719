"""What stands at a site for everybody: robots.txt and its kin, and the paths that their rules name."""
