"""Who deserves what, as neighbours judge it: a good deed, a star household.

An appraisal is declared by a household, a neighbour or the keeper; checked by an office; perhaps tried for some weeks;
judged by a panel that is drawn from the village's council, odd, blind, and without the household; published; objected to;
and only then in force. The order is code, the figures are presets. Nothing touches a balance before it is in force, a no
says what would help, and a panel that cannot be filled never decides with fewer.
"""
