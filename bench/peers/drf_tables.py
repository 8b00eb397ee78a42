"""The product's tables as Django models, and Django's settings, which must be there before the models."""

from __future__ import annotations

from typing import Any

import django
import psycopg.conninfo
from django.conf import settings

from bench.peers import ground

_where = psycopg.conninfo.conninfo_to_dict(ground.DATABASE)
settings.configure(
    DEBUG=False,
    SECRET_KEY="not used: no cookies, no forms",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="bench.peers.drf",
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=["rest_framework"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _where["dbname"],
            "USER": _where["user"],
            "PASSWORD": _where["password"],
            "HOST": _where["host"],
            "PORT": _where.get("port", ""),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"options": f"-csearch_path={ground.SCHEMA}"},
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.contrib.postgres.fields import ArrayField  # noqa: E402 -- models come after the set-up
from django.db import models  # noqa: E402

_NO_INDEX: dict[str, Any] = {"on_delete": models.DO_NOTHING, "db_constraint": False, "related_name": "+"}


class Area(models.Model):
    """A place."""

    path = models.TextField(primary_key=True)
    name = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "areas_area", False


class Household(models.Model):
    """A household: where it lies, who keeps it, when it was last visited."""

    id = models.UUIDField(primary_key=True)
    area_path = models.TextField()
    keeper_id = models.UUIDField(null=True)
    last_visit_at = models.DateTimeField(null=True)
    state = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "areas_household", False


class Person(models.Model):
    """A person; the name is sealed."""

    id = models.UUIDField(primary_key=True)
    household_id = models.UUIDField(null=True)
    area_path = models.TextField()
    name_sealed = models.BinaryField()
    state = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "areas_person", False


class Deputy(models.Model):
    """Who stands in for whom."""

    id = models.UUIDField(primary_key=True)
    absent_id = models.UUIDField()
    deputy_id = models.UUIDField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "rest_framework", "areas_deputy", False


class Account(models.Model):
    """A WeChat user."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, null=True, **_NO_INDEX)
    state = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "identity_account", False


class SignIn(models.Model):
    """A session."""

    token_hash = models.BinaryField(primary_key=True)
    account = models.ForeignKey(Account, **_NO_INDEX)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "rest_framework", "identity_session", False


class RoleGrant(models.Model):
    """A role of a person over a place."""

    id = models.UUIDField(primary_key=True)
    person_id = models.UUIDField()
    role = models.TextField()
    area_path = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label, db_table, managed = "rest_framework", "identity_grant", False


class Visit(models.Model):
    """A visit at a door."""

    id = models.UUIDField(primary_key=True)
    household_id = models.UUIDField()
    area_path = models.TextField()
    visitor_id = models.UUIDField()
    keeper_id = models.UUIDField(null=True)
    visited_at = models.DateTimeField()
    visited_on = models.DateField()
    logged_at = models.DateTimeField()
    kind = models.TextField()
    themes = ArrayField(models.TextField())
    note_sealed = models.BinaryField(null=True)
    problems = ArrayField(models.TextField())
    proof = models.TextField()
    is_late = models.BooleanField()
    is_counted = models.BooleanField()
    state = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "visits_visit", False


class Duty(models.Model):
    """What a keeper owes a household in a month."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    period = models.TextField()
    household_id = models.UUIDField()
    state = models.TextField()
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)

    class Meta:
        app_label, db_table, managed = "rest_framework", "duties_duty", False


class Entry(models.Model):
    """A line of the audit."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    account_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    action = models.TextField()
    subject = models.TextField()
    subject_id = models.UUIDField(null=True)
    area_path = models.TextField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "audit_entry", False


class Receipt(models.Model):
    """A deed done under the client's id."""

    id = models.UUIDField(primary_key=True)
    account_id = models.UUIDField(null=True)
    route = models.TextField()
    body_hash = models.BinaryField()
    status = models.IntegerField()
    answer_sealed = models.BinaryField(null=True)
    at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "kernel_receipt", False


class Post(models.Model):
    """What of a visit is shown."""

    id = models.UUIDField(primary_key=True)
    village = models.ForeignKey(Area, db_column="village_path", **_NO_INDEX)
    author = models.ForeignKey(Person, **_NO_INDEX)
    area_path = models.TextField()
    town_path = models.TextField()
    words = models.TextField()
    file_ids = ArrayField(models.UUIDField())
    state = models.TextField()
    posted_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "rest_framework", "visits_post", False
