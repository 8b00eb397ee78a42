"""The party's own side: who is a member, in which branch. A member's zone and duties hang on the person, not on this row."""
