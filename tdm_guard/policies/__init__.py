"""What the documents of an origin say: how they are asked for and read, and the form in which that is kept."""
