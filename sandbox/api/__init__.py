"""WeChat's server-side interfaces, one module per subject; `routes.py` is the list of them all."""
