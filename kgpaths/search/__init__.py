"""From findings to options: which edges may be walked, what a path is worth, and what the graph says for each option."""
