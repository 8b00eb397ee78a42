"""A WeChat on your desk: a fake WeChat server, a fake SMS gateway and phones one can look at.

For `make run` and for the tests. The product talks to it over HTTP as it would to the real thing; it imports
nothing of the product. `README.md` beside this file says how to drive it.
"""
