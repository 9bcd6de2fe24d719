"""What several standards' signals share: the vocabulary of refusals, names, agents, and how doubts are told."""
