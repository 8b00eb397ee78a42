"""What is done with files and checks; the deeds live in files by subject and are gathered here."""

from app.domains.media.actions.checks import (
    TakenCheck,
    ask_checks,
    decide_check,
    record_answer,
    release_checks,
    take_checks,
)
from app.domains.media.actions.files import (
    Drawn,
    NewFile,
    TakenFile,
    keep_clean,
    receive_file,
    refuse_file,
    take_files,
)
from app.domains.media.actions.parts import NewPart, forget_old_parts, forget_parts, keep_part

__all__ = [
    "Drawn",
    "NewFile",
    "NewPart",
    "TakenCheck",
    "TakenFile",
    "ask_checks",
    "decide_check",
    "forget_old_parts",
    "forget_parts",
    "keep_clean",
    "keep_part",
    "receive_file",
    "record_answer",
    "refuse_file",
    "release_checks",
    "take_checks",
    "take_files",
]
