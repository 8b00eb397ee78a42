"""Numbers that open onto their rows.

Every figure is counted over what its reader may see, where it lies, and names the place one step below, so that he can go on
to the rows behind it. What is counted over too few says so instead of a share.
"""
