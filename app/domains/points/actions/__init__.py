"""What is done with points; the deeds live in files by subject and are gathered here.

Whoever calls has judged and may; nothing here asks a person. Points come last in a deed: their accounts are locked in the
order of their ids, and `award_all` locks those of many households at once, so that two deeds never wait for each other.
"""

from app.domains.points.actions.awarding import Awarded, award, award_all
from app.domains.points.actions.moving import Moved, Movement, move, open_accounts
from app.domains.points.actions.reversing import reverse
from app.domains.points.rules import Award, Cap

__all__ = [
    "Award",
    "Awarded",
    "Cap",
    "Moved",
    "Movement",
    "award",
    "award_all",
    "move",
    "open_accounts",
    "reverse",
]
