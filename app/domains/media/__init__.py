"""Files people make, and the checks on what people write before strangers see it.

A file arrives raw, is cleaned by a worker (re-encoded, no EXIF), and is shown to strangers only after the content check.
A file that the signal cuts in two comes in parts, which are kept until it is whole. Texts pass the same door. When the checker is down things wait; nothing unchecked is shown.
"""
