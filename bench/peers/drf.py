"""Django with Django REST framework, as its documentation teaches: serializers, an authentication class, views."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from bench.peers import ground
from bench.peers.drf_tables import (  # Django is set up in there, so it comes first
    Account,
    Deputy,
    Duty,
    Entry,
    Household,
    Person,
    Post,
    Receipt,
    RoleGrant,
    SignIn,
    Visit,
)

from django.core.wsgi import get_wsgi_application  # isort: skip
from django.db import transaction  # isort: skip
from django.db.models import Q  # isort: skip
from django.http import HttpResponse  # isort: skip
from django.urls import path  # isort: skip
from rest_framework import serializers  # isort: skip
from rest_framework.authentication import BaseAuthentication  # isort: skip
from rest_framework.exceptions import AuthenticationFailed, NotFound, ValidationError  # isort: skip
from rest_framework.permissions import BasePermission  # isort: skip
from rest_framework.request import Request  # isort: skip
from rest_framework.response import Response  # isort: skip
from rest_framework.views import APIView  # isort: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    account: Account
    person: Person
    grants: list[RoleGrant]
    stands_for: list[UUID]

    is_authenticated: ClassVar[bool] = True

    def paths(self, permission: str) -> list[str]:
        return [g.area_path for g in self.grants if permission in ground.MAY.get(g.role, ())]


class TokenAuthentication(BaseAuthentication):
    """The person behind a bearer token, with what he may do now."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            return None
        moment = ground.now()
        try:
            found = SignIn.objects.select_related("account__person").get(
                token_hash=ground.token_hash(token),
                revoked_at=None,
                expires_at__gt=moment,
                account__state="active",
                account__person__state="active",
            )
        except SignIn.DoesNotExist as unknown:
            raise AuthenticationFailed from unknown
        person = found.account.person
        grants = RoleGrant.objects.filter(
            Q(until=None) | Q(until__gt=moment), person_id=person.id, revoked_at=None, since__lte=moment
        )
        absent = Deputy.objects.filter(deputy_id=person.id, since__lte=moment, until__gt=moment, ended_at=None)
        stands_for = [person.id, *absent.values_list("absent_id", flat=True)]
        return Caller(found.account, person, list(grants), stands_for), None


class MayLogVisits(BasePermission):
    """Only for who may log visits somewhere."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.paths("visits.log@zone"))


class MayReadFeed(BasePermission):
    """Only for who may read a feed somewhere."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.paths("feed.read"))


class VisitForm(serializers.Serializer[Any]):
    """A visit as it comes in."""

    id = serializers.UUIDField()
    household_id = serializers.UUIDField()
    visited_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(["door", "field", "office", "phone", "video"])
    themes = serializers.ListField(child=serializers.CharField(max_length=40), max_length=6)
    note = serializers.CharField(max_length=2000, allow_blank=True)
    problems = serializers.ListField(child=serializers.CharField(max_length=200), max_length=10, required=False)


class VisitShape(serializers.Serializer[Any]):
    """What the visitor is told."""

    id = serializers.UUIDField()
    household_id = serializers.UUIDField()
    visited_at = serializers.DateTimeField()
    visited_on = serializers.DateField()
    proof = serializers.CharField()
    is_late = serializers.BooleanField()
    is_counted = serializers.BooleanField()


class Visits(APIView):
    """Where visits are logged."""

    authentication_classes = [TokenAuthentication]  # noqa: RUF012 -- as Django writes it
    permission_classes = [MayLogVisits]  # noqa: RUF012

    def post(self, request: Request) -> Response:
        form = VisitForm(data=request.data)
        form.is_valid(raise_exception=True)
        with transaction.atomic():
            visit = self._log(request.user, form.validated_data)
            said = VisitShape(visit).data
            Receipt.objects.create(
                id=visit.id,
                account_id=request.user.account.id,
                route="/visits",
                body_hash=_hash(form.validated_data),
                status=201,
                answer_sealed=ground.VAULT.seal(f"kernel_receipt.answer:{visit.id}", str(said)),
                at=ground.now(),
            )
        return Response(said, status=201)

    def _log(self, caller: Caller, form: dict[str, Any]) -> Visit:
        moment, visited_at = ground.now(), form["visited_at"]
        if not ground.is_countable(visited_at, moment):
            raise ValidationError({"visited_at": "too old"})
        household = self._household(caller, form["household_id"])
        visited_on, last = ground.local_day(visited_at), household.last_visit_at
        is_first = last is None or ground.local_day(last) < visited_on
        household.last_visit_at = max(visited_at, last or visited_at)
        household.save(update_fields=["last_visit_at"])
        note = form["note"]
        visit = Visit.objects.create(
            id=form["id"],
            household_id=household.id,
            area_path=household.area_path,
            visitor_id=caller.person.id,
            keeper_id=household.keeper_id,
            visited_at=visited_at,
            visited_on=visited_on,
            logged_at=moment,
            kind=form["kind"],
            themes=form["themes"],
            note_sealed=ground.VAULT.seal(f"visits_visit.note:{form['id']}", note) if note else None,
            problems=form.get("problems", []),
            proof="one_sided",
            is_late=visited_on < ground.local_day(moment),
            is_counted=is_first,
            state="logged",
        )
        Duty.objects.filter(
            Q(state__in=["owed", "excused"]) | Q(done_at__gt=visited_at),
            kind="monthly_visit",
            period=ground.month_of(visited_on),
            household_id=household.id,
        ).update(state="done", done_at=visited_at, done_by=caller.person.id)
        Entry.objects.create(
            id=ground.uuid7(moment),
            at=moment,
            account_id=caller.account.id,
            person_id=caller.person.id,
            action="visits.log",
            subject="visit",
            subject_id=visit.id,
            area_path=household.area_path,
        )
        return visit

    def _household(self, caller: Caller, household_id: UUID) -> Household:
        inside = Q()
        for place in caller.paths("visits.log@zone"):
            inside |= Q(area_path__startswith=place)
        mine = Household.objects.select_for_update().filter(inside, keeper_id__in=caller.stands_for, state="active")
        household = mine.filter(id=household_id).first()
        if household is None:
            raise NotFound
        return household


def hello(_request: Any) -> HttpResponse:
    """Whether it is up."""
    return HttpResponse("hello")


def _hash(data: Any) -> bytes:
    return hashlib.sha256(repr(sorted(data.items())).encode()).digest()


class PostShape(serializers.Serializer[Any]):
    """One post as this reader sees it."""

    id = serializers.UUIDField()
    author = serializers.SerializerMethodField()
    place = serializers.CharField(source="village.name")
    words = serializers.CharField()
    posted_at = serializers.DateTimeField()
    state = serializers.CharField()
    file_ids = serializers.ListField(child=serializers.UUIDField())
    is_mine = serializers.SerializerMethodField()

    def get_author(self, post: Post) -> str:
        name = ground.VAULT.open(f"areas_person.name:{post.author.id}", bytes(post.author.name_sealed))
        is_near = any(post.area_path.startswith(place) for place in self.context["caller"].paths("feed.read"))
        return name if is_near else ground.mask_name(name)

    def get_is_mine(self, post: Post) -> bool:
        return bool(post.author.id == self.context["caller"].person.id)


class Feed(APIView):
    """What members show of their walks: thirty posts of the reader's town, and his own that nobody else sees yet."""

    authentication_classes = [TokenAuthentication]  # noqa: RUF012
    permission_classes = [MayReadFeed]  # noqa: RUF012

    def get(self, request: Request) -> Response:
        caller: Caller = request.user
        posts = Post.objects.select_related("author", "village").order_by("-posted_at", "-id")
        page = posts.filter(state="shown", town_path=ground.town_of(caller.paths("feed.read")[0]))[:30]
        unseen = posts.filter(state__in=["checking", "held"], author_id=caller.person.id)[:30]
        told = {"caller": caller}
        return Response(
            {
                "posts": PostShape(page, many=True, context=told).data,
                "unseen": PostShape(unseen, many=True, context=told).data,
                "next": None,
            }
        )


urlpatterns = [path("visits", Visits.as_view()), path("feed", Feed.as_view()), path("hello", hello)]
application = get_wsgi_application()
