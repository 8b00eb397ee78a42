"""What was seen at the door.

A party member logs a visit to a household he answers for, by its scanned code or from his list; the proof class says how
sure we are (scanned, confirmed by the villager's tap, one-sided). A mistake is corrected or voided within 24 hours, later
only by a note. What the member wants to show goes to the feed 晒走访 after the content check. No track of anyone is kept.
"""
