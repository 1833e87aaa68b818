"""The memory of films and of propagations, planned before any of it is taken.

Pure functions of sizes list what lies in memory in each stage; the stage that needs most is the plan. What is
measured lies between half of a plan and a tenth more than it (`tests/budget/`, `benchmarks/scale.py`).
"""
