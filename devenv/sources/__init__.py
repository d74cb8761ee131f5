"""Dev sources: where they come from, and the overlay that puts each in front."""
