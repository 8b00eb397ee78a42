"""The peers of the ledger: each moves one point from a hot fund to one of many accounts, in the way its design teaches.

`pgledger` is ours after the published design of pgledger: accounts, transfers and entries, and one plpgsql function that locks
the accounts, checks them and writes all. `orm` is what one writes with SQLAlchemy's ORM: lock, change, add, commit.
Each has tables of its own in a schema beside the product's, and the same number of accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import BigInteger, ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Transfer = Callable[[Random], None]

PGLEDGER = """
CREATE SCHEMA pgledger;
SET search_path = pgledger;
CREATE TABLE account (
    id text PRIMARY KEY, name text NOT NULL, currency text NOT NULL, balance numeric NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0, allow_negative boolean NOT NULL, allow_positive boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE transfer (
    id text PRIMARY KEY, from_account_id text NOT NULL REFERENCES account, to_account_id text NOT NULL REFERENCES account,
    amount numeric NOT NULL CHECK (amount > 0), created_at timestamptz NOT NULL DEFAULT now(), event_at timestamptz NOT NULL,
    CHECK (from_account_id <> to_account_id));
CREATE INDEX ON transfer (from_account_id);
CREATE INDEX ON transfer (to_account_id);
CREATE TABLE entry (
    id text PRIMARY KEY, account_id text NOT NULL REFERENCES account, transfer_id text NOT NULL REFERENCES transfer,
    amount numeric NOT NULL, account_previous_balance numeric NOT NULL, account_current_balance numeric NOT NULL,
    account_version bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON entry (account_id);
CREATE INDEX ON entry (transfer_id);
CREATE FUNCTION new_id(prefix text) RETURNS text LANGUAGE sql AS
    $$ SELECT prefix || replace(uuidv7()::text, '-', '') $$;
CREATE FUNCTION add_entry(p_account text, p_transfer text, p_amount numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held account;
BEGIN
    SELECT * INTO held FROM account WHERE id = p_account;
    UPDATE account SET balance = balance + p_amount, version = version + 1, updated_at = now() WHERE id = p_account;
    IF held.balance + p_amount < 0 AND NOT held.allow_negative THEN
        RAISE EXCEPTION 'account % may not be negative', p_account;
    END IF;
    IF held.balance + p_amount > 0 AND NOT held.allow_positive THEN
        RAISE EXCEPTION 'account % may not be positive', p_account;
    END IF;
    INSERT INTO entry VALUES (new_id('pgle_'), p_account, p_transfer, p_amount, held.balance, held.balance + p_amount,
        held.version + 1);
END $$;
CREATE FUNCTION create_transfer(p_from text, p_to text, p_amount numeric) RETURNS transfer LANGUAGE plpgsql AS $$
DECLARE
    made transfer;
BEGIN
    PERFORM 1 FROM account WHERE id IN (p_from, p_to) ORDER BY id FOR UPDATE;
    IF (SELECT count(DISTINCT currency) FROM account WHERE id IN (p_from, p_to)) <> 1 THEN
        RAISE EXCEPTION 'the accounts are of two currencies';
    END IF;
    INSERT INTO transfer VALUES (new_id('pglt_'), p_from, p_to, p_amount, now(), now()) RETURNING * INTO made;
    PERFORM add_entry(p_from, made.id, -p_amount);
    PERFORM add_entry(p_to, made.id, p_amount);
    RETURN made;
END $$;
GRANT USAGE ON SCHEMA pgledger TO lianxin_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA pgledger TO lianxin_app;
INSERT INTO account (id, name, currency, allow_negative, allow_positive) VALUES ('fund', 'fund', 'POINT', true, false);
INSERT INTO account (id, name, currency, allow_negative, allow_positive)
    SELECT 'home' || n, 'home' || n, 'POINT', false, true FROM generate_series(1, {homes}) AS n;
"""
ORM = """
CREATE SCHEMA orm;
SET search_path = orm;
CREATE TABLE account (id integer PRIMARY KEY, balance bigint NOT NULL, version bigint NOT NULL);
CREATE TABLE transfer (id uuid PRIMARY KEY, at timestamptz NOT NULL, what text NOT NULL);
CREATE TABLE entry (
    id uuid PRIMARY KEY, transfer_id uuid NOT NULL REFERENCES transfer, account_id integer NOT NULL REFERENCES account,
    points bigint NOT NULL, balance bigint NOT NULL, version bigint NOT NULL, UNIQUE (account_id, version));
CREATE INDEX ON entry (transfer_id);
GRANT USAGE ON SCHEMA orm TO lianxin_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA orm TO lianxin_app;
INSERT INTO account SELECT n, 0, 0 FROM generate_series(0, {homes}) AS n;
"""
SUMS = {
    "pgledger": "SELECT sum(amount) FROM pgledger.entry",
    "orm": "SELECT sum(points) FROM orm.entry",
    "hordak": "SELECT sum(coalesce(credit, 0) - coalesce(debit, 0)) FROM hordak.hordak_leg",
}


def pgledger(url: str, homes: int) -> Callable[[], Transfer]:
    """A client a thread: one connection, one call of the function, committed by itself."""

    def client() -> Transfer:
        connection = psycopg.connect(url, autocommit=True, options="-csearch_path=pgledger")

        def transfer(dice: Random) -> None:
            connection.execute("SELECT create_transfer('fund', %s, 1)", (f"home{dice.randint(1, homes)}",))

        return transfer

    return client


class _Base(DeclarativeBase):
    pass


class _Account(_Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)


class _Transfer(_Base):
    __tablename__ = "transfer"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str]


class _Entry(_Base):
    __tablename__ = "entry"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfer.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    points: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)


def orm(url: str, homes: int) -> Callable[[], Transfer]:
    """A session a transfer, over one pool."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(address, pool_size=32, max_overflow=0, connect_args={"options": "-csearch_path=orm"})

    def transfer(dice: Random) -> None:
        with Session(engine) as session, session.begin():
            keys = sorted([0, dice.randint(1, homes)])
            found = session.scalars(
                select(_Account).where(_Account.id.in_(keys)).order_by(_Account.id).with_for_update()
            ).all()
            made = _Transfer(id=uuid4(), at=datetime.now(UTC), what="deed")
            session.add(made)
            session.flush()
            for account, points in zip(found, (-1, 1), strict=True):
                account.balance += points
                account.version += 1
                facts = {"points": points, "balance": account.balance, "version": account.version}
                session.add(_Entry(id=uuid4(), transfer_id=made.id, account_id=account.id, **facts))

    return lambda: transfer
