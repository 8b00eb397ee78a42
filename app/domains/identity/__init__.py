"""Who is this, and what may they do where.

An account is one WeChat user or one member of staff. It is bound to a person by a phone number, a printed slip, or a door
code with a name; the last only makes a pending binding that the household's keeper or an adult of it confirms. Roles are
granted to persons over areas with dates; presets say what a role may do. Sessions are opaque tokens, kept as hashes.
"""
