// The grid of boards: cards appear, move on and are exchanged in place, newest first.
import { announce } from "./announce";
import type { BoardEvent, GoneEvent, ProgressEvent } from "./live";
import { decoded } from "./pictures";
import { drawPlaceholders } from "./placeholder";
import { percentOf } from "./stages";
import { text } from "./texts";

export class Cards {
  readonly #grid: HTMLElement;
  readonly #address: string;
  readonly #busy = new Set<string>();
  readonly #stale = new Map<string, number>();
  readonly #gone = new Set<string>();

  /** grid: the list element; address: of the boards, without a trailing slash. */
  constructor(grid: HTMLElement, address: string) {
    this.#grid = grid;
    this.#address = address;
    drawPlaceholders(grid);
    this.#countBoards();
  }

  boardChanged(event: BoardEvent): void {
    if (event.state === "ready" && this.#find(event.board_id)?.dataset.state !== "ready") {
      announce(text("board_ready", { number: event.number }));
    }
    void this.refresh(event.board_id, event.number);
  }

  /** Take a deleted board's card away; one that is just being fetched is not put back. */
  boardGone(event: GoneEvent): void {
    this.#gone.add(event.board_id);
    this.#stale.delete(event.board_id);
    const card = this.#find(event.board_id);
    if (!card) return;
    // Whoever reads by keyboard goes on at the neighbour and not at the top of the page.
    if (card.contains(document.activeElement)) {
      const neighbour = card.nextElementSibling ?? card.previousElementSibling;
      neighbour?.querySelector("a")?.focus({ preventScroll: true });
    }
    card.remove();
    this.#countBoards();
    announce(text("board_gone", { number: event.number }));
  }

  progressed(event: ProgressEvent): void {
    const card = this.#find(event.board_id);
    if (!card || card.dataset.state === "ready") return;
    const bar = card.querySelector("progress");
    const percent = percentOf(event.stage, event.progress);
    if (bar) bar.value = Math.max(bar.position < 0 ? 0 : bar.value, percent);
    const words = card.querySelector("[data-status]");
    if (words) words.textContent = text(`stage_${event.stage}`);
  }

  /** Fetch the card anew and put it where it belongs; asked again meanwhile, fetch once more. */
  async refresh(id: string, number: number): Promise<void> {
    if (this.#gone.has(id)) return;
    this.#stale.set(id, number);
    if (this.#busy.has(id)) return;
    this.#busy.add(id);
    try {
      while (this.#stale.has(id)) {
        this.#stale.delete(id);
        const card = await this.#fetchCard(id);
        if (this.#gone.has(id)) break;
        if (!card) {
          this.#stale.set(id, number); // catchUp() asks again
          break;
        }
        this.#place(card);
      }
    } finally {
      this.#busy.delete(id);
    }
  }

  /** Ask again for the cards that could not be fetched while the server was away. */
  catchUp(): void {
    for (const [id, number] of [...this.#stale]) void this.refresh(id, number);
  }

  /** Read the newest page anew: too much was missed to be replayed. */
  async reload(): Promise<void> {
    const fragment = await fetchFragment(this.#address);
    if (!fragment) return;
    await decoded(fragment);
    this.#grid.replaceChildren(fragment);
    this.adopt();
  }

  /** Make ready what came into the grid by other hands (paging). */
  adopt(): void {
    drawPlaceholders(this.#grid);
    this.#countBoards();
  }

  async #fetchCard(id: string): Promise<HTMLElement | null> {
    const fragment = await fetchFragment(`${this.#address}/${encodeURIComponent(id)}/card`);
    const card = fragment?.querySelector<HTMLElement>("[data-board]") ?? null;
    if (card) {
      drawPlaceholders(card);
      await decoded(card);
    }
    return card;
  }

  #place(card: HTMLElement): void {
    const old = this.#find(card.dataset.board ?? "");
    if (old?.isEqualNode(card)) return; // told twice: by the answer and by the feed
    if (old) {
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(card);
      if (hadFocus) card.querySelector("a")?.focus({ preventScroll: true });
    } else {
      this.#insert(card);
    }
    this.#countBoards();
  }

  #insert(card: HTMLElement): void {
    const number = Number(card.dataset.number);
    for (const other of this.#grid.querySelectorAll<HTMLElement>("[data-board]")) {
      if (Number(other.dataset.number) < number) {
        other.before(card);
        return;
      }
    }
    const more = this.#grid.querySelector("[data-more]");
    // Older than all that is shown, and more pages to come: it is on one of them.
    if (!more) this.#grid.append(card);
  }

  #find(id: string): HTMLElement | null {
    return this.#grid.querySelector(`[data-board="${CSS.escape(id)}"]`);
  }

  #countBoards(): void {
    const empty = document.getElementById("no-boards");
    if (empty) empty.hidden = this.#grid.querySelector("[data-board]") !== null;
  }
}

async function fetchFragment(address: string): Promise<DocumentFragment | null> {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return null;
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    return document.importNode(holder.content, true);
  } catch {
    return null; // the network is away; the feed tells when it is back
  }
}
