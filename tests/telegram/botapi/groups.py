"""Groups in Telegram: who is in them, what the bot is there, topics, and becoming a supergroup."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.telegram.botapi import acts
from tests.telegram.botapi.api import BotApi
from tests.telegram.botapi.chats import TOPIC_COLORS, open_topic
from tests.telegram.botapi.members import member_updated
from tests.telegram.botapi.people import Person
from tests.telegram.botapi.world import Chat, ChatKind, Message, Standing


@dataclass(eq=False)
class Group:
    """A group of people; the bot comes when somebody adds it."""

    api: BotApi
    chat: Chat

    @property
    def thread(self) -> None:
        """What is said in a group itself is in no topic."""

    @property
    def title(self) -> str:
        """Its name."""
        return self.chat.title

    @property
    def chat_id(self) -> int:
        """Its id; another one after migrates()."""
        return self.chat.chat_id

    async def joins(self, somebody: Person, by: Person | None = None) -> None:
        """Somebody comes, or is brought by another."""
        self._stands(somebody, "member", by or somebody)
        content = {"new_chat_members": [somebody.account.user()]}
        acts.say(self.api, (by or somebody).account, self.chat, content)

    async def leaves(self, somebody: Person) -> None:
        """Somebody goes."""
        content = {"left_chat_member": somebody.account.user()}
        acts.say(self.api, somebody.account, self.chat, content)
        self._stands(somebody, "left", somebody)

    async def adds_bot(self, by: Person) -> Message:
        """The bot is put into the group."""
        acts.change_bot(self.api, by.account, self.chat, "member")
        content = {"new_chat_members": [self.api.world.bot.user()]}
        return acts.say(self.api, by.account, self.chat, content)

    async def promotes_bot(self, by: Person) -> None:
        """The bot becomes an administrator, and hears everything."""
        acts.change_bot(self.api, by.account, self.chat, "administrator")

    async def demotes_bot(self, by: Person) -> None:
        """The bot is a plain member again."""
        acts.change_bot(self.api, by.account, self.chat, "member")

    async def removes_bot(self, by: Person) -> None:
        """The bot is thrown out."""
        content = {"left_chat_member": self.api.world.bot.user()}
        acts.say(self.api, by.account, self.chat, content)
        acts.change_bot(self.api, by.account, self.chat, "kicked")

    async def promotes(self, somebody: Person) -> None:
        """Somebody becomes an administrator."""
        self._stands(somebody, "administrator", somebody)

    async def new_topic(self, name: str, by: Person) -> "ForumTopic":
        """A topic of a forum."""
        assert self.chat.is_forum, f"{self.title} has no topics"
        topic = open_topic(self.api, self.chat, by.account, name, TOPIC_COLORS[0])
        acts.tell(self.api, self.chat, "message", self.chat.messages[topic.topic_id])
        return ForumTopic(self, topic.topic_id, name)

    async def migrates(self, by: Person, *, is_forum: bool = False) -> int:
        """The group becomes a supergroup with another id, which is returned."""
        old = self.chat
        assert old.kind == "group", "only a basic group becomes a supergroup"
        new = self.api.world.add_group(old.title, "supergroup", is_forum=is_forum)
        new.standings.update(old.standings)
        acts.say(self.api, by.account, old, {"migrate_to_chat_id": new.chat_id})
        old.migrated_to = new.chat_id
        self.chat = new
        acts.say(self.api, by.account, new, {"migrate_from_chat_id": old.chat_id})
        return new.chat_id

    @property
    def inbox(self) -> list[Message]:
        """What the bot wrote in the group, oldest first, as it stands now."""
        return self.api.written_in(self.chat_id)

    async def got(self, count: int, within_s: float = 20.0) -> list[Message]:
        """Wait for so many messages in all."""
        await self.api.until(lambda: len(self.inbox) >= count, within_s)
        return self.inbox

    def _stands(self, somebody: Person, new: Standing, by: Person) -> None:
        before = self.chat.standing(somebody.chat_id)
        self.chat.standings[somebody.chat_id] = new
        if self.api.world.is_admin(self.chat):
            change = member_updated(self.chat, by.account, somebody.account, before, new)
            self.api.updates.put({"chat_member": change})


@dataclass(frozen=True)
class ForumTopic:
    """A topic of a group."""

    group: Group
    thread: int
    name: str

    @property
    def chat(self) -> Chat:
        """The group's chat."""
        return self.group.chat

    @property
    def inbox(self) -> list[Message]:
        """What the bot wrote in this topic, oldest first, as it stands now."""
        return [each for each in self.group.inbox if each.get("message_thread_id") == self.thread]

    async def got(self, count: int, within_s: float = 20.0) -> list[Message]:
        """Wait for so many messages in all."""
        await self.group.api.until(lambda: len(self.inbox) >= count, within_s)
        return self.inbox


def make_group(
    api: BotApi,
    title: str,
    owner: Person,
    members: Iterable[Person] = (),
    *,
    kind: ChatKind = "supergroup",
    is_forum: bool = False,
) -> Group:
    """A group with these people and without the bot."""
    assert not is_forum or kind == "supergroup", "only supergroups have topics"
    chat = api.world.add_group(title, kind, is_forum=is_forum)
    chat.standings[owner.chat_id] = "creator"
    for member in members:
        chat.standings[member.chat_id] = "member"
    return Group(api, chat)
