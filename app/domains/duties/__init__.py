"""What is owed each period, and is it done.

On the first of a period each keeper owes each household of his zone what the preset says (the monthly visit). A visit
fulfils it, an excuse lifts it, reminders go out before it is due as one digest a person. A handed-over zone takes its
open duties along. Keepers see their own; cadres see their area.
"""
