"""What matplotlib draws around and over the points."""
