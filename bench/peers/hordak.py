"""django-hordak as it comes: its own models, tables and constraints, in a schema of its own beside the product's.

It keeps no balance, so that nobody waits for a fund's row; a balance is summed up when somebody asks. `python -m bench.peers.hordak
HOMES` makes its tables and accounts, with the owner's address in BENCH_DATABASE.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from random import Random

import django
import psycopg.conninfo
from django.conf import settings

_where = psycopg.conninfo.conninfo_to_dict(os.environ["BENCH_DATABASE"])
settings.configure(
    SECRET_KEY="not used: no cookies, no forms",  # noqa: S106
    USE_TZ=True,
    DEFAULT_CURRENCY="CNY",
    CURRENCIES=["CNY"],
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _where["dbname"],
            "USER": _where["user"],
            "PASSWORD": _where["password"],
            "HOST": _where["host"],
            "PORT": _where.get("port", ""),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": "-csearch_path=hordak"},
        }
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402 -- models come after the set-up
from django.db import connection, transaction  # noqa: E402
from hordak.models import Account, AccountType  # noqa: E402
from moneyed import Money  # noqa: E402

_GRANTS = (
    "GRANT USAGE ON SCHEMA hordak TO lianxin_app",
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA hordak TO lianxin_app",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA hordak TO lianxin_app",
)


def make(homes: int) -> None:
    """Hordak's own migrations, a fund and the homes."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA hordak")
    call_command("migrate", verbosity=0)
    for number in range(homes + 1):
        Account.objects.create(name=f"{number}", code=f"{number}", type=AccountType.liability, currencies=["CNY"])
    with connection.cursor() as cursor:
        for grant in _GRANTS:
            cursor.execute(grant)


def clients(homes: int) -> Callable[[], Callable[[Random], None]]:
    """A client a thread; Django keeps a connection for each."""
    fund, *accounts = Account.objects.order_by("id")[: homes + 1]

    def transfer(dice: Random) -> None:
        with transaction.atomic():
            fund.transfer_to(accounts[dice.randrange(homes)], Money(1, "CNY"))

    return lambda: transfer


if __name__ == "__main__":
    make(int(sys.argv[1]))
