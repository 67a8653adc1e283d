// The upper end of a phone: whose chat is open, its topics, and the list of all chats.
import { avatar, el, sign } from "./dom.js";
import { chatMenu, topicMenu } from "./groups.js";
import { happening, inShort } from "./message.js";
import { say } from "./words.js";

/** The name of the chat, and who is in it. */
export function drawBar(phone) {
  const { bot } = phone.world;
  const { group, isListing } = phone;
  const name = isListing ? say("chats") : (group?.title ?? bot.first_name);
  const quiet = group
    ? `${say("members", group.members.length)} · ${say("withBot", say(group.bot))}`
    : say("bot");
  const back = phone.world.groupsOf(phone.userId).length > 0 && !isListing;
  const parts = [
    back ? backSign(phone) : null,
    isListing ? null : avatar(name, group?.chat_id ?? bot.id),
    el(
      "div",
      { class: "name" },
      el("strong", {}, name),
      isListing ? null : el("span", { class: "line", "data-quiet": quiet }, quiet),
    ),
    sign("⋮", say("menu"), (event) => chatMenu(phone, event.currentTarget)),
  ];
  phone.bar.replaceChildren(...parts.filter((each) => each !== null));
}

function backSign(phone) {
  const unread = [...phone.unread.values()].reduce((sum, each) => sum + each, 0);
  const show = () => {
    phone.isListing = true;
    phone.drawFrame();
  };
  return sign("‹", say("chats"), show, { class: "sign back", "data-unread": unread || null });
}

/** The topics of a forum; a dot where something was said meanwhile. */
export function drawTopics(phone) {
  const { group } = phone;
  phone.topics.hidden = !group?.is_forum || phone.isListing;
  if (phone.topics.hidden) return;
  const topics = [{ thread_id: null, name: say("general") }, ...group.topics];
  const buttons = topics.map(({ thread_id: threadId, name }) =>
    el(
      "button",
      {
        type: "button",
        "aria-current": threadId === phone.threadId ? "true" : null,
        "data-news": phone.news.has(threadId),
        onclick: () => phone.open(phone.chatId, threadId),
      },
      name,
    ),
  );
  phone.topics.replaceChildren(...buttons, sign("+", say("newTopic"), () => topicMenu(phone)));
}

/** All chats of this person. */
export function drawList(phone) {
  const { bot } = phone.world;
  const groups = phone.world.groupsOf(phone.userId);
  const chats = [[phone.userId, bot.first_name], ...groups.map((each) => [each.chat_id, each.title])];
  const lines = chats.map(([chatId, title]) => {
    const unread = phone.unread.get(chatId);
    return el(
      "button",
      { type: "button", class: "chat", onclick: () => phone.open(chatId) },
      avatar(title, chatId === phone.userId ? bot.id : chatId),
      el("span", { class: "words" }, el("strong", {}, title), last(phone, chatId)),
      unread ? el("span", { class: "unread" }, String(unread)) : null,
    );
  });
  phone.list.replaceChildren(...lines);
}

function last(phone, chatId) {
  const message = [...phone.world.messages(chatId).values()].at(-1);
  return message ? el("span", {}, happening(message) ?? inShort(message)) : null;
}
