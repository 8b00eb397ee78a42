"""The way from WeChat to the product's callback: packets, their six forms, re-sending, and hostile traffic on order."""
