"""What an operator reads when PostgreSQL is away, refuses, or is not ready yet: one sentence that says what to do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

NOT_READY = "数据库里还没有这个版本的表：请先运行 python -m app migrate，再来一次。"
_AWAY = "连不上数据库：请看 PostgreSQL 是否在运行、database.url 的地址对不对；本机演示请先在另一个窗口 make run。"
_BUSY = "数据库现在很忙，等了很久没有轮到，什么都没有改：请过几分钟再来一次。"
_FORBIDDEN = (
    "数据库不许这个用户做这件事：请看 database.url 是不是 lianxin_app、database.owner_url 是不是 lianxin_owner，"
    "再运行 python -m app migrate。"
)
_FULL = "数据库的磁盘或内存满了，什么都没有改：请腾出地方，再来一次。"
_BY_STATE = {
    "42P01": NOT_READY,
    "42703": NOT_READY,
    "42883": NOT_READY,
    "3F000": NOT_READY,
    "42501": _FORBIDDEN,
    "55P03": _BUSY,
    "57014": _BUSY,
    "53300": _BUSY,
    "53100": _FULL,
    "53200": _FULL,
}
_BY_WORDS = {  # a refused connection has no state, only PostgreSQL's own words
    "password authentication": "数据库不认这个密码：请把 config.toml 里 database.url 和 owner_url 的用户名、密码改对。",
    "no password supplied": "连数据库要密码：请写进 config.toml 里 database.url 和 owner_url。",
    '" does not exist': "数据库或者用户还没有建：请照 DEPLOY.md 第 2 节建好，再运行 python -m app migrate。",
    "too many clients": _BUSY,
    "starting up": "数据库正在启动：请过一会儿再来一次。",
    "shutting down": "数据库正在停止：请等它起来，再来一次。",
}


def sentence_of(fault: SQLAlchemyError) -> str | None:
    """What to do about it; None when it is our own fault, which belongs into a traceback."""
    if isinstance(fault, PoolTimeout):
        return _BUSY
    if not isinstance(fault, DBAPIError):
        return None
    state: str | None = getattr(fault.orig, "sqlstate", None)
    if state:
        return _BY_STATE.get(state, _AWAY if state[:2] in {"08", "57"} else None)
    return _of_a_connection(str(fault.orig)) if fault.connection_invalidated or _is_away(fault) else None


def _is_away(fault: DBAPIError) -> bool:
    return type(fault.orig).__name__ in {"OperationalError", "ConnectionTimeout"}


def _of_a_connection(words: str) -> str:
    return next((sentence for part, sentence in _BY_WORDS.items() if part in words), _AWAY)
