"""What must be solved, by whom, by when.

Somebody opens a case about a place; whoever answers for it is told at once. Each open stage waits on a party by a clock; what is
late climbs the ladder, rung by rung, past the empty and the unreachable. Only the word of those whose matter it is (or of a drawn
re-checker) closes. Which stages, moves, forms, clocks and eyes there are is said by the preset of the kind; nothing here knows one.
"""
