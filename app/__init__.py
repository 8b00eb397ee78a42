"""The core of Lianxin: what is true about villages, who may do what, and what follows; no HTTP and no WeChat in here."""
