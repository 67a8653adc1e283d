// Everybody, every chat and every message, as the server's control tells of them.

const POLL_MS = 2_000; // counters move without anything being seen on a phone
const SOON_MS = 150; // several acts at once ask once
const RETRY_MS = 1_000;
const KINDS = ["message", "edit", "deletion", "reaction", "answer", "action", "chat"];

/** An order that the server refused; message: why. */
export class Refusal extends Error {}

async function answer(request) {
  const response = await request;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(body.error ?? `HTTP ${response.status}`);
  return body;
}

export const get = (path) => answer(fetch(`/control/${path}`));

/** Ask for something to be done; body: fields, or a FormData with files. */
export function post(path, body = {}) {
  const isForm = body instanceof FormData;
  const options = isForm
    ? { body }
    : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return answer(fetch(`/control/${path}`, { method: "POST", ...options }));
}

/** Tells of "loaded", "state", "sight" (detail: the sight), "connection" (detail: is it there). */
export class World extends EventTarget {
  state = null;
  chats = new Map(); // chat id -> Map of message id -> message
  #stream = null;
  #soon = 0;

  get bot() {
    return this.state.bot;
  }

  person(userId) {
    return this.state.people.find((each) => each.user_id === userId);
  }

  group(chatId) {
    return this.state.groups.find((each) => each.chat_id === chatId);
  }

  /** The groups in which somebody is, without those that became another one. */
  groupsOf(userId) {
    return this.state.groups.filter(
      (each) => each.members.includes(userId) && each.migrated_to === null,
    );
  }

  messages(chatId) {
    if (!this.chats.has(chatId)) this.chats.set(chatId, new Map());
    return this.chats.get(chatId);
  }

  /** Everything anew, and the stream from there on; again and again until the server is there. */
  async begin() {
    try {
      const state = await get("state");
      const ids = [...state.people.map((each) => each.user_id)];
      ids.push(...state.groups.map((each) => each.chat_id));
      const lists = await Promise.all(ids.map((each) => get(`chats/${each}/messages`)));
      this.state = state;
      this.chats = new Map(
        ids.map((id, at) => [id, new Map(lists[at].map((each) => [each.message_id, each]))]),
      );
      this.#listen(state.last_event);
    } catch {
      this.#tell("connection", false);
      setTimeout(() => this.begin(), RETRY_MS);
      return;
    }
    this.#tell("connection", true);
    this.#tell("loaded");
  }

  /** Ask for the state again, soon. */
  refresh() {
    if (this.#soon) return;
    this.#soon = setTimeout(async () => {
      this.#soon = 0;
      try {
        this.state = await get("state");
      } catch {
        return; // the stream notices too, and begins anew
      }
      this.#tell("state");
    }, SOON_MS);
  }

  /** Look at the counters for as long as somebody looks at the page. */
  watch() {
    setInterval(() => {
      if (document.visibilityState === "visible" && this.state) this.refresh();
    }, POLL_MS);
  }

  #listen(after) {
    this.#stream?.close();
    const stream = new EventSource(`/control/events?after=${after}`);
    this.#stream = stream;
    for (const kind of KINDS) {
      stream.addEventListener(kind, (event) => {
        const sight = JSON.parse(event.data);
        this.#take(sight);
        this.#tell("sight", sight);
      });
    }
    // Another server may answer next, with a world of its own: everything is asked anew.
    stream.onerror = () => {
      stream.close();
      if (this.#stream !== stream) return;
      this.#tell("connection", false);
      setTimeout(() => this.begin(), RETRY_MS);
    };
  }

  #take({ kind, chat_id: chatId, content }) {
    const messages = this.messages(chatId);
    if (kind === "message" || kind === "edit") {
      const before = messages.get(content.message.message_id);
      const reactions = before?.reactions ?? {};
      messages.set(content.message.message_id, { ...content.message, reactions });
      if (!("text" in content.message || "photo" in content.message)) this.refresh();
    } else if (kind === "deletion") {
      messages.delete(content.message_id);
    } else if (kind === "reaction") {
      const message = messages.get(content.message_id);
      if (message) message.reactions = { ...message.reactions, [content.user.id]: content.emoji };
    } else if (kind === "chat") {
      this.refresh();
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
