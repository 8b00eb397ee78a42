"""The demo town: Wulongkou (五龙口镇) at full size over the real divisions, with people who do not exist.

A seeded generator makes 13,529 households, their persons, 1,254 party members and twelve months of visits; COPY writes
them. Names are invented, phone numbers begin with 19900, ID numbers carry a region code (990101) that was never given out.
It is the one place besides a domain that writes the domains' tables, because nothing else is fast enough for benchmarks.
"""
