"""Who lives where, and who answers for whom.

The tree of divisions (county, town, village, grid) is a path of codes that ends in a slash. A household lies in a village
or a grid and has one responsible party member at a time, its keeper; the history of keepers is kept. A member's zone is
the set of households that he keeps. A door code is a random token that stands for a household and can be revoked.
Cadres maintain areas of their grants; members see their zone; a household sees itself.
"""
