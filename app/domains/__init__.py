"""The contents page: one package per machine.

areas      who lives where, who answers for whom      identity  who is this and what may they do where
members    the party's own side                       notices   tell whom, by which channel, until heard
duties     what is owed each period, and is it done   visits    what was seen at the door
media      files and the checks on what people write  audit     who did and who read what
stats      numbers that open onto their rows          retention how long what is personal is kept

Every domain has the same file names: models, rules, actions, queries, events, errors, sweeps, ports, preset.
"""
