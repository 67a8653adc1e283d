// Telegram's side: what can go wrong there, and what the bot made of it.
import { el } from "./dom.js";
import { post } from "./world.js";
import { language, say } from "./words.js";

const seconds = new Intl.NumberFormat(language, { minimumFractionDigits: 1 });
const COUNTS = ["messages", "edits", "uploads", "reused", "too_fast", "refused", "unanswered"];
const OUTAGES = { "": "none", cut: "cut", 502: "bad502" };
const LONGEST_S = 3;

export class Panel {
  constructor(world) {
    this.world = world;
    this.privacy = this.#switch("has_privacy");
    this.limits = this.#switch("has_limits");
    this.outage = el(
      "select",
      { onchange: () => this.#set({ outage: this.outage.value }) },
      Object.entries(OUTAGES).map(([value, name]) => el("option", { value }, say(name))),
    );
    this.latency = el("input", {
      type: "range",
      min: "0",
      max: String(LONGEST_S),
      step: "0.1",
      oninput: () => this.#drawLatency(),
      onchange: () => this.#set({ latency_s: Number(this.latency.value) }),
    });
    this.seconds = el("output", {});
    this.counts = el("dl", {});
    this.root = el(
      "aside",
      { class: "panel", id: "side", "aria-label": say("side") },
      el("h2", {}, say("side")),
      el(
        "div",
        { class: "card" },
        el("label", { class: "switch" }, this.privacy, el("span", {}, say("privacy"))),
        el("p", { class: "hint" }, say("privacyHint")),
        el("label", { class: "switch" }, this.limits, el("span", {}, say("limits"))),
        el("p", { class: "hint" }, say("limitsHint")),
        el("label", { class: "field" }, say("outage"), this.outage),
        el(
          "label",
          { class: "field" },
          el("span", { class: "ends" }, say("latency"), this.seconds),
          this.latency,
        ),
      ),
      el("div", { class: "card" }, el("h3", {}, say("counts")), this.counts),
    );
  }

  /** As the server says it is. */
  draw() {
    const { weather, counts, updates_waiting: waiting, webhook } = this.world.state;
    this.privacy.checked = weather.has_privacy;
    this.limits.checked = weather.has_limits;
    this.outage.value = weather.outage;
    this.root.classList.toggle("is-away", weather.is_away);
    if (document.activeElement !== this.latency) {
      this.latency.value = weather.latency_s;
      this.#drawLatency();
    }
    const lines = [...COUNTS.map((name) => [name, counts[name]]), ["waiting", waiting]];
    this.counts.replaceChildren(
      ...lines.map(([name, value]) =>
        el("div", { "data-count": name }, el("dt", {}, say(name)), el("dd", {}, String(value))),
      ),
      el(
        "div",
        {},
        el("dt", {}, say("hears")),
        el("dd", {}, say(webhook ? "webhook" : "polling")),
      ),
    );
  }

  #switch(name) {
    return el("input", {
      type: "checkbox",
      role: "switch",
      onchange: (event) => this.#set({ [name]: event.currentTarget.checked }),
    });
  }

  #drawLatency() {
    this.seconds.textContent = say("seconds", seconds.format(this.latency.value));
  }

  async #set(fields) {
    await post("weather", fields).catch(() => null); // refresh() shows what it is then
    this.world.refresh();
  }
}
