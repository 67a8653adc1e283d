// What can be done with one message.
import { el } from "./dom.js";
import { coloured, inShort } from "./message.js";
import { closeSheet, openMenu } from "./sheets.js";
import { say } from "./words.js";

const EMOJI = ["👍", "👎", "❤", "🔥", "🎉", "👀"];

/** anchor: what was pressed to open it. */
export function openMessageMenu(phone, anchor, message) {
  const which = { chat_id: message.chat.id, message_id: message.message_id };
  const isOwn = message.from.id === phone.userId;
  const mine = message.reactions?.[phone.userId]?.[0];
  const emoji = EMOJI.map((each) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": `${say("react")} ${each}`,
        "aria-pressed": String(each === mine),
        onclick: () => {
          closeSheet();
          phone.act("reacts", { ...which, emoji: each === mine ? "" : each });
        },
      },
      coloured(each),
    ),
  );
  const hasWords = "text" in message || "photo" in message || "document" in message;
  openMenu(anchor, inShort(message), [
    el("div", { class: "emoji", role: "group", "aria-label": say("react") }, emoji),
    { label: say("reply"), run: () => phone.composer.reply(message) },
    { label: say("forward"), run: () => forwardMenu(phone, anchor, which) },
    isOwn && hasWords ? { label: say("edit"), run: () => phone.composer.edit(message) } : null,
    { label: say("remove"), run: () => phone.act("deletes", which), isDangerous: true },
  ]);
}

function forwardMenu(phone, anchor, which) {
  const { bot } = phone.world;
  const places = [{ label: bot.first_name, chatId: phone.userId, place: {} }];
  for (const group of phone.world.groupsOf(phone.userId)) {
    const place = { in_chat_id: group.chat_id };
    places.push({ label: group.title, chatId: group.chat_id, place });
    for (const topic of group.topics) {
      places.push({
        label: `${group.title} / ${topic.name}`,
        chatId: group.chat_id,
        place: { ...place, in_thread_id: topic.thread_id },
      });
    }
  }
  openMenu(
    anchor,
    say("forward"),
    places.map(({ label, chatId, place }) => ({
      label,
      run: async () => {
        const sent = await phone.act("forwards", { ...which, ...place });
        if (sent && chatId !== phone.chatId) phone.open(chatId, place.in_thread_id ?? null);
      },
    })),
  );
}
