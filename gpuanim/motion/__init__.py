"""Points that move: positions over time, who is there when, trails, and morphs between embeddings."""
