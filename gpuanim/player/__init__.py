"""HTML: the player around an embedded or linked film."""
