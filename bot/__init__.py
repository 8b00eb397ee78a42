"""Face 2: what speaks with WeChat by itself: the callback, the workers that push and listen, and the clock."""
