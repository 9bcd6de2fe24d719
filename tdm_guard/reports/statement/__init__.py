"""The public statement of measures that sites and rightsholders can learn from, and the feed that tells of changes."""
