"""ChatMember in its kinds, and what an update tells of a change."""

from typing import Any

from tests.telegram.botapi.world import Account, Chat, Standing, unix_time

# Rights of an administrator, as Telegram's own dialogue proposes them.
_RIGHTS = {
    "can_manage_chat": True,
    "can_delete_messages": True,
    "can_manage_video_chats": True,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_change_info": True,
    "can_invite_users": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "can_send_welcome_messages": False,
    "can_pin_messages": True,
}


def chat_member(account: Account, standing: Standing, *, is_forum: bool = False) -> dict[str, Any]:
    """ChatMemberOwner, ChatMemberAdministrator, ChatMemberMember, ...Left or ...Banned."""
    member: dict[str, Any] = {"status": standing, "user": account.user()}
    match standing:
        case "creator":
            member["is_anonymous"] = False
        case "administrator":
            member |= {"can_be_edited": False, "is_anonymous": False, **_RIGHTS}
            if is_forum:
                member["can_manage_topics"] = True
        case "kicked":
            member["until_date"] = 0
    return member


def member_updated(
    chat: Chat, by: Account, whom: Account, old: Standing, new: Standing
) -> dict[str, Any]:
    """ChatMemberUpdated."""
    return {
        "chat": chat.as_chat(),
        "from": by.user(),
        "date": unix_time(),
        "old_chat_member": chat_member(whom, old, is_forum=chat.is_forum),
        "new_chat_member": chat_member(whom, new, is_forum=chat.is_forum),
    }
