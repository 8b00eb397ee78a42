"""Tell whom, by which channel, until heard.

A message is a row written in the same transaction as what it tells of, under a key that no second row can have. A worker
takes it with a lease, sends it by the first channel that can reach the person, and falls back: mini-program subscription,
official-account template, SMS; the in-app inbox holds it always. What may have arrived is not sent twice, unless it is an
alarm. Subscription credits are a ledger per person and template. What WeChat tells us arrives in an inbound table first.
"""
