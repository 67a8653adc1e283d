// A phone: the chat that is open on it, what happens in it, and what its owner does there.
import { drawBar, drawList, drawTopics } from "./bars.js";
import { Composer } from "./composer.js";
import { el } from "./dom.js";
import { messageElement } from "./message.js";
import { openMessageMenu } from "./messagemenu.js";
import { post } from "./world.js";
import { say } from "./words.js";

const ACTION_MS = 5_000; // Telegram shows what the bot does for so long
const TOAST_MS = 4_000;
const BUSY_MS = 30_000; // as long as Telegram waits for the answer to a button
const NEAR_END_PX = 120;

export class Phone {
  chatId;
  threadId = null; // of a topic; null: the general one
  isListing = false;
  unread = new Map(); // chat id -> how many
  news = new Set(); // topics of the open chat in which something was said
  #shown = new Map(); // message id -> its element
  #acting = 0;
  #isAtEnd = true;

  constructor(world, userId, role) {
    this.world = world;
    this.userId = userId;
    this.chatId = userId;
    this.role = role;
    this.messages = el("div", {
      class: "messages",
      role: "log",
      "aria-live": "off", // four phones would speak at once
      tabindex: "0",
      "aria-label": say("chatOf", this.person.name),
      onscroll: () => {
        const { scrollTop, scrollHeight, clientHeight } = this.messages;
        this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      },
    });
    // What is attached takes room from the messages; the newest stays in sight.
    new ResizeObserver(() => this.#isAtEnd && this.#showEnd()).observe(this.messages);
    this.bar = el("header", { class: "bar" });
    this.topics = el("nav", { class: "topics", "aria-label": say("topics"), hidden: true });
    this.list = el("div", { class: "chats", hidden: true });
    this.toasts = el("div", { class: "toasts", role: "status" });
    this.composer = new Composer(this);
    this.root = el(
      "section",
      { class: "phone", id: `phone-${userId}`, "aria-label": say("chatOf", this.person.name) },
      el(
        "h2",
        {},
        this.person.name,
        el("span", { class: "role" }, role),
        el("span", { class: "role" }, this.person.language),
      ),
      el(
        "div",
        {
          class: "screen",
          ondragover: (event) => event.preventDefault(),
          ondrop: (event) => {
            event.preventDefault();
            this.composer.stage([...event.dataTransfer.files]);
          },
        },
        this.bar,
        this.topics,
        this.list,
        this.messages,
        this.toasts,
        this.composer.root,
      ),
    );
  }

  get person() {
    return this.world.person(this.userId);
  }

  get group() {
    return this.chatId === this.userId ? null : this.world.group(this.chatId);
  }

  get isInGroup() {
    return this.group !== null;
  }

  /** Where what is sent now goes, as fields of an order. */
  get place() {
    if (!this.isInGroup) return {};
    const thread = this.threadId === null ? {} : { in_thread_id: this.threadId };
    return { in_chat_id: this.chatId, ...thread };
  }

  /** Do something as this person; what is refused is said on his screen. */
  async act(name, fields = {}) {
    return this.order(`people/${this.userId}/${name}`, fields);
  }

  async order(path, fields = {}) {
    try {
      return await post(path, fields);
    } catch (error) {
      this.toast(error.message, true);
      return null;
    } finally {
      this.world.refresh();
    }
  }

  // --- what is shown
  open(chatId, threadId = null) {
    if (chatId !== this.chatId) this.news.clear();
    this.chatId = chatId;
    this.threadId = threadId;
    this.isListing = false;
    this.unread.delete(chatId);
    this.news.delete(threadId);
    this.composer.forget();
    this.draw();
    this.composer.focus();
  }

  /** Everything anew. */
  draw() {
    this.#leaveWhatIsGone();
    this.messages.replaceChildren();
    this.#shown.clear();
    for (const message of this.world.messages(this.chatId).values()) this.#put(message);
    this.drawFrame();
    this.#showEnd();
  }

  /** The bars around the messages, after a change of people or groups. */
  drawFrame() {
    if (this.#leaveWhatIsGone()) {
      this.draw();
      return;
    }
    this.root.classList.toggle("listing", this.isListing);
    this.list.hidden = !this.isListing;
    this.messages.hidden = this.isListing;
    this.composer.drawAbout();
    const { has_started: hasStarted, has_blocked: hasBlocked } = this.person;
    const signature = JSON.stringify([
      hasStarted, hasBlocked, this.group, this.world.groupsOf(this.userId), [...this.unread],
      this.isListing, this.chatId, this.threadId,
    ]);
    if (signature === this.signature) return; // what has the focus stays as it is
    this.signature = signature;
    drawBar(this);
    drawTopics(this);
    drawList(this);
    this.composer.draw();
  }

  /** Something happened on this person's screen. */
  see({ kind, chat_id: chatId, content }) {
    if (kind === "answer") this.#answered(content);
    if (chatId !== this.chatId) {
      if (kind === "message") {
        this.unread.set(chatId, (this.unread.get(chatId) ?? 0) + 1);
        this.drawFrame();
      }
      return;
    }
    if (kind === "action") this.#doing(content.action);
    const id = content.message?.message_id ?? content.message_id;
    const message = this.world.messages(chatId).get(id);
    if (kind === "deletion" || !message) {
      this.#shown.get(id)?.remove();
      this.#shown.delete(id);
      return;
    }
    if (kind === "message") this.#doing("");
    const wasAtEnd = this.#isAtEnd;
    this.#put(message);
    const isNew = kind === "message";
    if (wasAtEnd || (isNew && message.from?.id === this.userId)) this.#showEnd();
    const thread = message.message_thread_id ?? null;
    if (isNew && this.group?.is_forum && thread !== this.threadId) {
      this.news.add(thread);
      drawTopics(this);
    }
  }

  jumpTo(messageId) {
    const there = this.#shown.get(messageId);
    there?.scrollIntoView({ block: "center", behavior: "smooth" });
    there?.classList.add("found");
    there?.addEventListener("animationend", () => there.classList.remove("found"), { once: true });
  }

  toast(text, isError = false) {
    const shown = el("p", { class: isError ? "toast error" : "toast" }, text);
    this.toasts.append(shown);
    setTimeout(() => shown.remove(), TOAST_MS);
  }

  // --- what is pressed in a message
  follow = (address) => {
    const place = /^(?:https?:\/\/t\.me\/|tg:\/\/resolve\?domain=)([^/?&]+)[?&]?(.*)$/.exec(address);
    if (place?.[1].toLowerCase() !== this.world.bot.username.toLowerCase()) return false;
    const start = new URLSearchParams(place[2]).get("start") ?? "";
    this.open(this.userId);
    this.act("starts", { payload: start });
    return true;
  };

  command = (text) => this.act("writes", { text, ...this.place });

  async press(message, button, element) {
    element.setAttribute("aria-busy", "true");
    setTimeout(() => element.removeAttribute("aria-busy"), BUSY_MS);
    const where = { chat_id: message.chat.id, message_id: message.message_id };
    const pressed = await this.act("presses", { ...where, label: button.text });
    if (pressed === null) element.removeAttribute("aria-busy");
  }

  openMessageMenu(anchor, message) {
    openMessageMenu(this, anchor, message);
  }

  #answered({ text, is_alert: isAlert }) {
    for (const each of this.messages.querySelectorAll("[aria-busy]")) {
      each.removeAttribute("aria-busy");
    }
    if (!text) return;
    if (!isAlert) {
      this.toast(text);
      return;
    }
    const before = document.activeElement;
    const alert = el(
      "div",
      { class: "alert", role: "alertdialog", "aria-label": text },
      el("p", {}, text),
      el(
        "button",
        {
          type: "button",
          class: "main",
          onclick: () => {
            alert.remove();
            before?.focus?.();
          },
        },
        say("ok"),
      ),
    );
    this.root.querySelector(".screen").append(alert);
    if (this.root.contains(before)) alert.querySelector("button").focus();
  }

  /** A message that is new or another now, in its place and with the focus that it had. */
  #put(message) {
    const made = messageElement(message, this);
    const before = this.#shown.get(message.message_id);
    this.#shown.set(message.message_id, made);
    if (this.group?.is_forum) {
      made.hidden = (message.message_thread_id ?? null) !== this.threadId;
    }
    if (before) {
      keepPicture(before, made);
      const focused = before.contains(document.activeElement) ? document.activeElement : null;
      before.replaceWith(made);
      if (focused) counterpart(focused, made)?.focus();
      return;
    }
    const last = this.messages.lastElementChild;
    if (message.media_group_id && last?.dataset.album === message.media_group_id) {
      last.append(made);
    } else if (message.media_group_id && message.photo) {
      const side = made.classList.contains("own") ? "album own" : "album";
      const album = el("div", { class: side, "data-album": message.media_group_id }, made);
      this.messages.append(album);
    } else {
      this.messages.append(made);
    }
  }

  #showEnd() {
    this.messages.scrollTop = this.messages.scrollHeight;
    this.#isAtEnd = true;
  }

  #doing(action) {
    clearTimeout(this.#acting);
    const line = this.bar.querySelector(".line");
    if (!line) return;
    line.dataset.action = action;
    line.textContent = ["typing", "upload_photo", "upload_document"].includes(action)
      ? say(action)
      : line.dataset.quiet;
    if (action) this.#acting = setTimeout(() => this.#doing(""), ACTION_MS);
  }

  /** A group that he left or that became another: its successor or the chat with the bot. */
  #leaveWhatIsGone() {
    if (this.chatId === this.userId) return false;
    if (this.group?.members.includes(this.userId) && this.group.migrated_to === null) return false;
    this.chatId = this.group?.migrated_to ?? this.userId;
    this.threadId = null;
    return true;
  }
}

/** The same photo stays the element that it was, which does not flicker. */
function keepPicture(before, made) {
  const [old, fresh] = [before, made].map((each) => each.querySelector(".photo img"));
  if (old && fresh && old.src === fresh.src) fresh.replaceWith(old);
}

/** What takes the focus of something in the message as it was: the button in the same place. */
function counterpart(focused, made) {
  const { at } = focused.dataset;
  return (at && made.querySelector(`[data-at="${at}"]`)) ?? made.querySelector(".more");
}
