"""What `log.verify` is made of: findings, the state of a run, and the checks that have a subject of their own."""
