// The list of photos being sent: one after another, each with its line.
import { announce } from "./announce";
import { type Accepted, type Outcome, send } from "./send";
import { text } from "./texts";

// A hand-picked lecture is far below; a slip of the hand (a whole camera roll) is stopped.
const MOST_AT_ONCE = 50;

export class SendQueue {
  readonly #list: HTMLElement;
  readonly #template: HTMLTemplateElement;
  readonly #address: string;
  readonly #limitMb: number;
  readonly #onAccepted: (accepted: Accepted) => void;
  readonly #waiting: Line[] = [];
  #isSending = false;

  constructor(panel: HTMLElement, onAccepted: (accepted: Accepted) => void) {
    this.#list = required(panel.querySelector<HTMLElement>("[data-queue]"));
    this.#template = required(panel.querySelector<HTMLTemplateElement>("template"));
    this.#address = required(panel.dataset.uploads);
    this.#limitMb = Number(panel.dataset.limitMb);
    this.#onAccepted = onAccepted;
  }

  /** Queue files in the order given, before what was sent earlier. */
  add(files: readonly File[]): void {
    // What went well is in the grid by now; only what still matters stays beside the new ones.
    for (const done of this.#list.querySelectorAll("[data-state=accepted]")) done.remove();
    const lines = files.slice(0, MOST_AT_ONCE).map(
      (file) => new Line(this.#template, file, (again) => this.#enqueue(again)),
    );
    this.#list.prepend(...lines.map((line) => line.element));
    this.#list.hidden = this.#list.childElementCount === 0;
    for (const line of lines) {
      const reason = this.#refusal(line.file);
      if (reason) line.show({ kind: "refused", reason, mayRetry: false });
      else this.#enqueue(line);
    }
  }

  // Told before the bytes travel; the server looks at the content itself.
  #refusal(file: File): string | null {
    if (file.size === 0) return text("file_empty");
    // 1 MB is 1,000,000 bytes here, as in the server's setting.
    if (file.size > this.#limitMb * 1_000_000) return text("file_too_large", { limit: this.#limitMb });
    return null;
  }

  #enqueue(line: Line): void {
    line.wait();
    this.#waiting.push(line);
    void this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let line = this.#waiting.shift(); line; line = this.#waiting.shift()) {
      const current = line;
      current.progress(0);
      const outcome = await send(current.file, this.#address, (part) => current.progress(part));
      current.show(outcome);
      if (outcome.kind === "accepted") this.#onAccepted(outcome);
    }
    this.#isSending = false;
  }
}

class Line {
  readonly element: HTMLElement;
  readonly file: File;
  readonly #bar: HTMLProgressElement;
  readonly #words: HTMLElement;
  readonly #link: HTMLAnchorElement;
  readonly #retry: HTMLButtonElement;

  constructor(template: HTMLTemplateElement, file: File, retry: (line: Line) => void) {
    const copy = document.importNode(template.content, true);
    this.element = required(copy.querySelector<HTMLElement>("[data-line]"));
    this.file = file;
    this.#bar = required(copy.querySelector("progress"));
    this.#words = required(copy.querySelector<HTMLElement>("[data-words]"));
    this.#link = required(copy.querySelector("a"));
    this.#retry = required(copy.querySelector<HTMLButtonElement>("[data-retry]"));
    required(copy.querySelector<HTMLElement>("[data-name]")).textContent = file.name;
    this.#retry.addEventListener("click", () => retry(this));
    const close = required(copy.querySelector<HTMLButtonElement>("[data-close]"));
    close.addEventListener("click", () => this.#remove());
  }

  wait(): void {
    this.element.dataset.state = "waiting";
    this.#words.textContent = text("send_waiting");
    this.#bar.value = 0;
    this.#retry.hidden = true;
  }

  progress(part: number): void {
    this.element.dataset.state = "sending";
    this.#bar.value = part;
    const percent = Math.round(part * 100);
    this.#words.textContent =
      percent < 100 ? text("send_sending", { percent }) : text("send_checking");
  }

  show(outcome: Outcome): void {
    if (outcome.kind === "refused") {
      this.element.dataset.state = "refused";
      this.#words.textContent = outcome.reason;
      this.#retry.hidden = !outcome.mayRetry;
    } else {
      this.element.dataset.state = outcome.isDuplicate ? "duplicate" : "accepted";
      this.#words.textContent = text(outcome.isDuplicate ? "send_duplicate" : "send_accepted");
      this.#link.href = outcome.boardUrl;
      this.#link.textContent = text("board_name", { number: outcome.boardNumber });
      this.#link.hidden = false;
    }
    announce(`${this.file.name}: ${this.#words.textContent ?? ""}`);
  }

  #remove(): void {
    const list = this.element.parentElement;
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    this.element.remove();
    if (next) next.querySelector<HTMLElement>("[data-close]")?.focus();
    else if (list) list.hidden = true;
  }
}

function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("the send panel is incomplete");
  return value;
}
