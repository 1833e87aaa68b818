"""Points that move: coordinates over time, velocities, and recordings of optimisations."""
