// The lower end of a phone: Start and Restart, the text, and what is attached to it.
import { el, sign } from "./dom.js";
import { author, inShort } from "./message.js";
import { openMenu } from "./sheets.js";
import { get } from "./world.js";
import { say } from "./words.js";

const ALBUM = 10; // as many pictures as Telegram puts into one

export class Composer {
  #staged = []; // {file, address}: chosen and not yet sent
  #reply = null;
  #edited = null;

  constructor(phone) {
    this.phone = phone;
    this.text = el("textarea", {
      rows: "1",
      placeholder: say("write"),
      "aria-label": say("write"),
      onkeydown: (event) => this.#key(event),
      onpaste: (event) => this.stage([...event.clipboardData.files]),
    });
    this.photos = this.#chooser("image/*", false);
    this.files = this.#chooser(null, true);
    this.asFiles = el("input", { type: "checkbox" });
    this.above = el("div", { class: "above" });
    this.form = el(
      "form",
      {
        class: "writing",
        onsubmit: (event) => {
          event.preventDefault();
          this.#send();
        },
      },
      sign("+", say("attach"), (event) => this.#attach(event.currentTarget)),
      this.text,
      sign("/", say("commands"), (event) => this.#commands(event.currentTarget)),
      sign("➤", say("send"), null, { type: "submit", class: "sign send" }),
    );
    this.code = el("input", {
      name: "code",
      autocomplete: "off",
      placeholder: say("startCode"),
      "aria-label": say("startCode"),
    });
    this.about = el("p", { class: "about" });
    this.starting = el(
      "form",
      {
        class: "starting",
        onsubmit: (event) => {
          event.preventDefault();
          phone.act("starts", { payload: this.code.value.trim() });
          this.code.value = "";
        },
      },
      this.about,
      this.code,
      el("button", { class: "main" }, say("start")),
    );
    this.root = el("footer", { class: "composer" }, this.above, this.photos, this.files);
  }

  focus() {
    if (this.form.isConnected && this.phone.root.contains(document.activeElement)) {
      this.text.focus();
    }
  }

  /** What stands at the lower end now. */
  draw() {
    const { person, isInGroup, isListing } = this.phone;
    const content = isListing
      ? []
      : isInGroup || (person.has_started && !person.has_blocked)
        ? [this.above, this.photos, this.files, this.form]
        : [person.has_blocked ? this.#restart() : this.starting];
    // What is written in a form stays, and the focus in it.
    if (!content.length || this.root.lastElementChild !== content.at(-1)) {
      this.root.replaceChildren(...content);
    }
    this.#drawAbove();
  }

  /** What the bot says of itself; it may do so after this page was opened. */
  drawAbout() {
    const { description } = this.phone.person;
    if (this.about.dataset.text === description) return;
    this.about.dataset.text = description;
    const title = description ? el("strong", {}, say("whatCanItDo")) : "";
    this.about.replaceChildren(title, description);
  }

  /** What was begun in another chat. */
  forget() {
    this.#reply = this.#edited = null;
    this.stage([], true);
  }

  reply(message) {
    [this.#reply, this.#edited] = [message, null];
    this.#drawAbove();
    this.text.focus();
  }

  edit(message) {
    [this.#reply, this.#edited] = [null, message];
    this.text.value = message.text ?? message.caption ?? "";
    this.#drawAbove();
    this.text.focus();
  }

  /** Files to be sent with the text. isAnew: instead of those before. */
  stage(files, isAnew = false) {
    if (isAnew) {
      for (const each of this.#staged) URL.revokeObjectURL(each.address);
      this.#staged = [];
    }
    for (const file of files) this.#staged.push({ file, address: URL.createObjectURL(file) });
    this.#drawAbove();
    if (files.length > 0) this.text.focus();
  }

  #restart() {
    return el(
      "div",
      { class: "starting" },
      el("p", {}, say("blockedNote")),
      el(
        "button",
        { type: "button", class: "main", onclick: () => this.phone.act("comes_back") },
        say("restart"),
      ),
    );
  }

  // --- what is attached
  #chooser(accept, areFiles) {
    return el("input", {
      type: "file",
      multiple: true,
      hidden: true,
      accept,
      onchange: (event) => {
        this.asFiles.checked = areFiles;
        this.stage([...event.currentTarget.files]);
        event.currentTarget.value = "";
      },
    });
  }

  async #attach(anchor) {
    const names = await fetch("/pictures").then((answer) => answer.json());
    const { phone } = this;
    openMenu(anchor, say("attach"), [
      { label: say("photos"), run: () => this.photos.click() },
      { label: say("files"), run: () => this.files.click() },
      { label: say("sticker"), run: () => phone.act("sends_sticker", phone.place) },
      { label: say("voice"), run: () => phone.act("sends_voice", phone.place) },
      el("h3", {}, say("prepared")),
      el(
        "div",
        { class: "prepared" },
        names.map((name) =>
          el(
            "button",
            {
              type: "button",
              class: "choice",
              "aria-label": name,
              title: name,
              onclick: () => {
                document.getElementById("sheet").close();
                this.#prepared(name);
              },
            },
            el("img", { src: `/pictures/${name}`, alt: "" }),
          ),
        ),
      ),
    ]);
  }

  async #prepared(name) {
    const content = await fetch(`/pictures/${name}`).then((answer) => answer.blob());
    this.stage([new File([content], name, { type: "image/jpeg" })]);
  }

  #drawAbove() {
    const rows = [];
    const about = this.#reply ?? this.#edited;
    if (about) {
      const title = this.#edited ? say("editing") : say("replyTo", author(about));
      rows.push(
        el(
          "div",
          { class: "about-message" },
          el("span", {}, el("strong", {}, title), el("span", {}, inShort(about))),
          sign("✕", say("cancel"), () => {
            if (this.#edited) this.text.value = "";
            this.#reply = this.#edited = null;
            this.#drawAbove();
          }),
        ),
      );
    }
    if (this.#staged.length > 0) {
      rows.push(
        el(
          "div",
          { class: "staged" },
          this.#staged.map((each) => this.#thumb(each)),
          el("label", {}, this.asFiles, " ", say("asFiles")),
        ),
      );
    }
    this.above.replaceChildren(...rows);
  }

  #thumb(each) {
    const isPicture = each.file.type.startsWith("image/");
    return el(
      "span",
      { class: "thumb" },
      isPicture ? el("img", { src: each.address, alt: each.file.name }) : each.file.name,
      sign("✕", say("takeOut", each.file.name), () => {
        this.#staged = this.#staged.filter((other) => other !== each);
        URL.revokeObjectURL(each.address);
        this.#drawAbove();
      }),
    );
  }

  async #commands(anchor) {
    const { phone } = this;
    const where = phone.isInGroup ? `?in_chat_id=${phone.chatId}` : "";
    const menu = await get(`people/${phone.userId}/menu${where}`);
    const choices = menu.map((line) => {
      const [command, ...words] = line.split(" ");
      const label = el("span", {}, el("strong", {}, command), ` ${words.join(" ")}`);
      return { label, run: () => phone.command(command) };
    });
    openMenu(anchor, say("commands"), menu.length > 0 ? choices : [el("p", {}, say("noCommands"))]);
  }

  // --- sending
  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "Escape" && (this.#reply || this.#edited)) {
      this.#reply = this.#edited = null;
      this.#drawAbove();
    }
  }

  async #send() {
    const { phone } = this;
    const text = this.text.value.trim();
    const reply = this.#reply ? { reply_message_id: this.#reply.message_id } : {};
    const edited = this.#edited;
    const files = this.#staged.map((each) => each.file);
    if (!text && files.length === 0) return;
    this.text.value = "";
    this.forget();
    if (edited) {
      const which = { chat_id: edited.chat.id, message_id: edited.message_id };
      await phone.act("edits", { ...which, text });
    } else if (files.length === 0) {
      await phone.act("writes", { text, ...phone.place, ...reply });
    } else {
      await this.#sendFiles(files, text, { ...phone.place, ...reply });
    }
  }

  async #sendFiles(files, caption, fields) {
    const asFiles = this.asFiles.checked || files.some((each) => !each.type.startsWith("image/"));
    this.asFiles.checked = false;
    for (let at = 0; at < files.length; at += ALBUM) {
      const some = files.slice(at, at + ALBUM);
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      if (caption && at === 0) form.append("caption", caption);
      if (asFiles) form.append("as_files", "true");
      for (const file of some) form.append("file", file, file.name);
      const one = asFiles ? "sends_file" : "sends_photo";
      await this.phone.act(some.length > 1 ? "sends_album" : one, form);
    }
  }
}
