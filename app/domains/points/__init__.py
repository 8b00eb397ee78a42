"""The ledger: points are earned, put right, and never lost.

Each household has one account and each village one fund that issues; a transfer moves whole points from one account to
another, so that all entries sum to zero. Rules of whoever judges (an appraisal) say how many points a deed claims; caps and
the village's budget may cut that, and both numbers are kept. Nothing is ever changed: a mistake is answered by a reversal
that names the original. Villagers see their household's entries and why each is there; cadres those of their area.
"""
