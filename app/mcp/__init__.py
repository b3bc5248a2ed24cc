"""A server of the Model Context Protocol: a coding agent has tools where a person has pages."""
