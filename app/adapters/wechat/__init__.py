"""Lianxin's gateway to WeChat.

One `TokenProvider` per account keeps the access token for all processes; one `Gateway` per account makes every call
and translates every answer. On top of it stand the ports' implementations: `channels` carry messages, `signin` turns
codes into people, `content` asks whether a text may be shown, `codes` draws door codes and makes links. In the other
direction `callbacks` opens the packets that WeChat sends us. Of wechatpy only the message crypto is used: its token
handling, its retries and its parser lose against a fleet of workers and against hostile input.
"""
