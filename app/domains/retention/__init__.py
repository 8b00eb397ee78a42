"""How long what is personal is kept after somebody has gone, what holds him until then, and forgetting.

Whoever was taken back with a roll, moved away, or closed his account is forgotten after the days in
`presets/retention.toml`: name, phone, ID number, year of birth, household, claims, slips and messages go; his id stays, and
ledger, timelines and audit go on naming it. Nobody is forgotten while a hold of the preset stands.
"""
