// One message as an element: what it says, shows and quotes, and what can be pressed in it.
import { colourOf, el, sign } from "./dom.js";
import { showLarge } from "./sheets.js";
import { formatted, link } from "./text.js";
import { language, say } from "./words.js";

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const BUBBLE_PX = 640; // a bubble's width on a dense screen: which size of a photo it shows
const QUOTED_LETTERS = 80;
const KB = 1_000;

export const fileAddress = (fileId) => `/control/files/${fileId}`;

/** What a message says in one line, for quotes and names. */
export function inShort(message) {
  const said = message.text ?? message.caption ?? message.document?.file_name;
  if (said) return said.length > QUOTED_LETTERS ? `${said.slice(0, QUOTED_LETTERS)}…` : said;
  if (message.photo) return say("photo");
  if (message.voice) return say("voiceMessage");
  return message.sticker?.emoji ?? say("unknown");
}

/** An emoji in colour; Telegram names a heart without the selector that asks for it. */
export const coloured = (emoji) => (emoji === "❤" ? "❤\ufe0f" : emoji);

/** The name of who wrote it. */
export const author = (message) => message.from?.first_name ?? "";

/** What happened in a chat, where a message tells of that; null: somebody says something. */
export function happening(message) {
  const names = (people) => people.map((each) => each.first_name).join(", ");
  if (message.new_chat_members) {
    const came = names(message.new_chat_members);
    const isAlone = message.new_chat_members.some((each) => each.id === message.from.id);
    return isAlone ? say("joined", came) : say("added", author(message), came);
  }
  if (message.left_chat_member) return say("gone", message.left_chat_member.first_name);
  if (message.forum_topic_created) return say("topicMade", message.forum_topic_created.name);
  if (message.forum_topic_closed) return say("topicClosed");
  if (message.forum_topic_reopened) return say("topicReopened");
  if (message.pinned_message) return say("pinned", author(message));
  if (message.migrate_to_chat_id) return say("migrated");
  if (message.migrate_from_chat_id) return say("migratedFrom");
  return null;
}

/** phone: whose screen it is on; what is pressed is its business. */
export function messageElement(message, phone) {
  const told = happening(message);
  const data = { "data-message": message.message_id };
  if (told !== null) return el("p", { class: "happening", ...data }, told);
  const isOwn = message.from.id === phone.person.user_id;
  const classes = ["message", isOwn && "own", message.photo && "pictured"].filter(Boolean).join(" ");
  return el(
    "article",
    { class: classes, ...data, "aria-label": `${author(message)}: ${inShort(message)}` },
    el(
      "div",
      { class: "bubble" },
      phone.isInGroup && !isOwn
        ? el("p", { class: `author ${colourOf(message.from.id)}` }, author(message))
        : null,
      forwarded(message),
      quote(message, phone),
      ...media(message),
      words(message, phone),
      el(
        "div",
        { class: "foot" },
        reactions(message, phone),
        el(
          "span",
          { class: "when" },
          message.edit_date ? el("span", { class: "edited" }, say("edited"), " ") : null,
          el("time", {}, clock.format(new Date(message.date * 1000))),
        ),
      ),
      sign("⋯", say("messageMenu", inShort(message)), (event) =>
        phone.openMessageMenu(event.currentTarget, message), { class: "sign more" }),
    ),
    keyboard(message, phone),
  );
}

function forwarded(message) {
  const origin = message.forward_origin;
  if (!origin) return null;
  const name = origin.sender_user?.first_name ?? origin.sender_user_name ?? "";
  return el("p", { class: "forwarded" }, say("forwardedFrom", name));
}

function quote(message, phone) {
  const quoted = message.reply_to_message;
  // What is said in a topic replies to the topic's beginning, which no messenger shows.
  if (!quoted || quoted.forum_topic_created) return null;
  return el(
    "button",
    { type: "button", class: "quote", onclick: () => phone.jumpTo(quoted.message_id) },
    el("strong", {}, author(quoted)),
    el("span", {}, inShort(quoted)),
  );
}

function* media(message) {
  if (message.photo) yield photo(message.photo);
  if (message.document) yield file(message.document);
  if (message.sticker) yield el("p", { class: "sticker" }, message.sticker.emoji);
  if (message.voice) yield el("p", { class: "voice" }, `🎤 ${say("voiceMessage")}`);
  if (message.contact) yield el("p", { class: "voice" }, `👤 ${say("contact")}`);
}

function photo(sizes) {
  const largest = sizes.at(-1);
  const shown = sizes.find((each) => each.width >= BUBBLE_PX) ?? largest;
  return el(
    "button",
    {
      type: "button",
      class: "photo",
      onclick: () => showLarge(fileAddress(largest.file_id), say("photo")),
    },
    el("img", {
      src: fileAddress(shown.file_id),
      width: shown.width,
      height: shown.height,
      alt: say("enlarge"),
    }),
  );
}

function file(sent) {
  const name = sent.file_name ?? "file";
  const address = fileAddress(sent.file_id);
  const isPicture = /^image\/(jpeg|png|webp)$/.test(sent.mime_type ?? "");
  const size = sent.file_size >= KB * KB
    ? `${(sent.file_size / KB / KB).toFixed(1)} MB`
    : `${Math.max(1, Math.round(sent.file_size / KB))} kB`;
  return el(
    "div",
    { class: "file" },
    isPicture
      ? el(
          "button",
          { type: "button", class: "thumb", onclick: () => showLarge(address, name) },
          el("img", { src: address, alt: say("enlarge"), loading: "lazy" }),
        )
      : el("span", { class: "thumb", "aria-hidden": "true" }, "📄"),
    el(
      "a",
      { href: address, download: name, "aria-label": say("download", name) },
      el("strong", {}, name),
      el("span", {}, size),
    ),
  );
}

function words(message, phone) {
  const text = message.text ?? message.caption;
  if (!text) return null;
  const nodes = formatted(text, message.entities ?? message.caption_entities, phone);
  return el("div", { class: "words" }, nodes);
}

function reactions(message, phone) {
  const given = new Map();
  for (const [userId, emoji] of Object.entries(message.reactions ?? {})) {
    const name = phone.world.person(Number(userId))?.name ?? phone.world.bot.first_name;
    for (const each of emoji) given.set(each, [...(given.get(each) ?? []), name]);
  }
  const chips = [...given].map(([emoji, names]) =>
    el(
      "span",
      { class: "reaction", role: "img", "aria-label": say("reactedBy", emoji, names.join(", ")) },
      names.length > 1 ? `${coloured(emoji)} ${names.length}` : coloured(emoji),
    ),
  );
  return el("span", { class: "reactions" }, chips);
}

function keyboard(message, phone) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return el(
    "div",
    { class: "keyboard" },
    rows.map((row, line) =>
      el(
        "div",
        {},
        row.map((button, place) =>
          button.url
            ? link(button.url, [button.text, " ↗"], phone.follow)
            : el(
                "button",
                {
                  type: "button",
                  "data-at": `${line}:${place}`, // a press may change what it says
                  onclick: (event) => phone.press(message, button, event.currentTarget),
                },
                button.text,
              ),
        ),
      ),
    ),
  );
}
