"""What people are told of each error code: a sentence, and what to do next. English msgids.

`core.texts` translates and fills them. Placeholders are names in the error's context; where a
code is known without its context (a board keeps only the code), they are left out as "…".
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Message:
    """says: what happened, one sentence. advice: what to do next, "" if there is nothing to do."""

    says: str
    advice: str


def mark(message: str) -> str:
    """The message itself; the name by which the extraction of messages finds it."""
    return message


_AGAIN: Final = mark("Send it again in a moment.")
_TRY_AGAIN: Final = mark("Try again in a moment.")
_RETRY: Final = mark("The teacher can start it again from the admin page.")
_OPERATOR: Final = mark("Tell the person who runs this service.")
_PHOTO: Final = mark("Take the photo again and send it as JPEG, PNG, WebP or HEIC.")

MESSAGES: Final[dict[str, Message]] = {
    # --- the picture
    "bad_picture": Message(mark("This is not a picture that can be taken."), _PHOTO),
    "empty_file": Message(mark("The file is empty."), _PHOTO),
    "unknown_format": Message(
        mark("This file is not a photo, or of a format that is not taken."),
        mark("JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP and GIF are taken."),
    ),
    "damaged_picture": Message(mark("The photo is damaged, as after a broken transfer."), _PHOTO),
    "too_many_bytes": Message(
        mark("The file is larger than %(limit_mb)s MB."),
        mark("Crop the photo to the board, or send it as JPEG."),
    ),
    "too_many_pixels": Message(
        mark("The photo has more than %(limit_mp)s megapixels."),
        mark("Crop the photo to the board."),
    ),
    "too_few_pixels": Message(
        mark("The photo is too small: a side is shorter than %(least_px)s pixels."),
        mark("Send the photo itself and not its preview."),
    ),
    # --- the request
    "bad_request": Message(
        mark("Something in the request is missing or too long."),
        mark("Check what you have entered and try again."),
    ),
    "body_too_large": Message(mark("The request is larger than %(limit_kb)s kB."), ""),
    "method_not_allowed": Message(mark("This address does not do that."), ""),
    "cross_site": Message(
        mark("The request came from another site and was refused."),
        mark("Open the page here and try again."),
    ),
    "range_not_satisfiable": Message(mark("The file has no such part."), ""),
    # --- what is not there, or not for this person
    "not_found": Message(mark("There is nothing at this address."), mark("Check the link.")),
    "auditorium_not_found": Message(
        mark("No auditorium has this code."),
        mark("Check the code on the projector: it has six letters and digits."),
    ),
    "board_not_found": Message(
        mark("There is no such board in this auditorium."),
        mark("Go back to the gallery."),
    ),
    "upload_not_found": Message(
        mark("There is no such photo in this auditorium."),
        mark("Go back to the gallery."),
    ),
    "survey_not_found": Message(mark("These questions are not for you, or are over."), ""),
    "rendition_not_ready": Message(mark("This picture is not ready yet."), _TRY_AGAIN),
    "not_a_member": Message(
        mark("You have not joined this auditorium on this device."),
        mark("Join it with its code or its QR code."),
    ),
    "member_not_found": Message(
        mark("There is no such member in this auditorium."),
        mark("Look at the list of members again."),
    ),
    "member_kicked": Message(
        mark("A teacher has removed you from this auditorium."),
        mark("Only a teacher of it can let you in again."),
    ),
    "login_link_spent": Message(
        mark("This link has been used, or it is too old."),
        mark("Ask the bot for a new one: send it /gallery."),
    ),
    "not_allowed": Message(
        mark("Only the teacher may do this."),
        mark("Open the admin link that was shown when the auditorium was created."),
    ),
    "not_in_auditorium": Message(
        mark("You are in no auditorium yet."),
        mark("Send its code, or scan its QR code."),
    ),
    "owner_stays": Message(
        mark("You own this auditorium, so you can't leave it."),
        mark("/close ends it, /room switches to another one."),
    ),
    "auditorium_closed": Message(
        mark("The auditorium is closed: its boards can be read, nothing can be sent."),
        mark("Ask the teacher to open it."),
    ),
    "quota_reached": Message(
        mark("The auditorium holds %(limit)s photos and takes no more."),
        mark("Ask the teacher for a new auditorium."),
    ),
    # --- servers
    "unavailable": Message(mark("A server does not answer. Nothing was stored."), _AGAIN),
    "storage_unavailable": Message(
        mark("The store of pictures does not answer. Nothing was stored."), _AGAIN
    ),
    "database_unavailable": Message(
        mark("The database does not answer. Nothing was stored."), _AGAIN
    ),
    "queue_unavailable": Message(mark("The queue does not answer."), _TRY_AGAIN),
    "object_missing": Message(mark("The store has lost this picture."), _OPERATOR),
    "internal": Message(mark("Something went wrong on our side."), _TRY_AGAIN),
    # --- a board that failed
    "lease_lost": Message(mark("Another worker has taken this board over."), ""),
    "worker_lost": Message(mark("The worker stopped in the middle of this board."), _RETRY),
    "worker_stopped": Message(mark("The worker was stopped."), _RETRY),
    "render_failed": Message(mark("This board could not be upscaled."), _RETRY),
    "out_of_memory": Message(mark("There was not enough memory to upscale this board."), _RETRY),
    "render_crashed": Message(mark("Upscaling this board crashed."), _RETRY),
    "render_deadline": Message(mark("Upscaling this board took too long."), _RETRY),
    # --- the model, told at start to the operator
    "model_unusable": Message(mark("The model cannot be used."), _OPERATOR),
    "package_missing": Message(
        mark("A Python package that is asked for is not installed."), _OPERATOR
    ),
    "model_not_found": Message(mark("The model was not found."), _OPERATOR),
    "model_hash_mismatch": Message(mark("The model's file is not the right one."), _OPERATOR),
    "model_unknown_architecture": Message(mark("The model is of an unknown kind."), _OPERATOR),
    "model_download_failed": Message(mark("The model could not be downloaded."), _OPERATOR),
    "model_folder_unwritable": Message(mark("The folder of models cannot be written."), _OPERATOR),
    "token_refused": Message(mark("Telegram does not know the bot's token."), _OPERATOR),
    "device_unavailable": Message(mark("The graphics processor is not there."), _OPERATOR),
}
