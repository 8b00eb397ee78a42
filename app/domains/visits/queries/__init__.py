"""What others may ask of visits; the questions live in files by subject and are gathered here."""

from app.domains.visits.queries.comments import SeenComment, comments_of
from app.domains.visits.queries.feed import FeedPost, Matter, Reach, feed_page, unseen_posts
from app.domains.visits.queries.files import may_see_file
from app.domains.visits.queries.moderation import Waiting, waiting_page
from app.domains.visits.queries.month import FeedMonth, month_of_feed
from app.domains.visits.queries.reading import standing_comment, standing_like
from app.domains.visits.queries.visits import SeenVisit, Standing, Told, standing_of, visit_of, visits_of

__all__ = [
    "FeedMonth",
    "FeedPost",
    "Matter",
    "Reach",
    "SeenComment",
    "SeenVisit",
    "Standing",
    "Told",
    "Waiting",
    "comments_of",
    "feed_page",
    "may_see_file",
    "month_of_feed",
    "standing_comment",
    "standing_like",
    "standing_of",
    "unseen_posts",
    "visit_of",
    "visits_of",
    "waiting_page",
]
