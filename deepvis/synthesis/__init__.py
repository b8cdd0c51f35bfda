"""Pictures made to excite a unit: activation maximization.

Split as lucid splits it: an objective says what to maximize, a parametrization what is varied, transforms what the
result must survive, regularizers what pictures look like; `ascent` is the one loop, and a `Recipe` names all of it.
"""
