// The live feed of an auditorium: EventSource, with the reconnecting that it leaves to us.

export interface BoardEvent {
  readonly board_id: string;
  readonly number: number;
  readonly state: "waiting" | "running" | "ready" | "failed";
}

export interface GoneEvent {
  readonly board_id: string;
  readonly number: number;
}

export interface ProgressEvent {
  readonly board_id: string;
  readonly stage: string;
  readonly progress: number;
}

export interface LiveHandlers {
  board?(event: BoardEvent): void;
  progress?(event: ProgressEvent): void;
  /** The board was deleted; its id never comes back. */
  gone?(event: GoneEvent): void;
  auditorium?(event: { readonly state?: "open" | "closed" }): void;
  /** What was missed cannot be replayed: read everything anew. */
  reset?(): void;
  /** The feed came (back) to life, or was lost. */
  connected?(isConnected: boolean): void;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 20_000; // a page on the projector must heal without anybody's help
// A phone in a pocket gives its connection back; what it missed is replayed when it returns.
const HIDDEN_GRACE_MS = 60_000;

export class LiveFeed {
  readonly #address: string;
  readonly #handlers: LiveHandlers;
  #lastId: string;
  #source: EventSource | null = null;
  #failures = 0;
  #retryTimer = 0;
  #hiddenTimer = 0;

  /** address: of the events; lastId: the id up to which the page already knows everything. */
  constructor(address: string, lastId: string, handlers: LiveHandlers) {
    this.#address = address;
    this.#lastId = lastId;
    this.#handlers = handlers;
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    window.addEventListener("online", () => this.#open());
    // Leaving closes the feed, so that the browser may keep the page whole for the way back.
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.#open();
    });
    this.#open();
  }

  #open(): void {
    this.#close();
    const source = new EventSource(`${this.#address}?after=${encodeURIComponent(this.#lastId)}`);
    this.#source = source;
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#handlers.connected?.(true);
    });
    source.addEventListener("error", () => this.#lost(source));
    this.#listen(source, "board", (data) => this.#handlers.board?.(data as BoardEvent));
    this.#listen(source, "progress", (data) => this.#handlers.progress?.(data as ProgressEvent));
    this.#listen(source, "gone", (data) => this.#handlers.gone?.(data as GoneEvent));
    this.#listen(source, "auditorium", (data) => this.#handlers.auditorium?.(data as object));
    this.#listen(source, "reset", () => this.#handlers.reset?.());
  }

  #listen(source: EventSource, name: string, handle: (data: unknown) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      if (event.lastEventId) this.#lastId = event.lastEventId;
      handle(JSON.parse(event.data || "{}"));
    });
  }

  #lost(source: EventSource): void {
    this.#handlers.connected?.(false);
    // While it is CONNECTING the browser retries by itself; an HTTP error ends that.
    if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
    const pause = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    // Spread over half to one and a half of the pause: a whole hall must not return at once.
    this.#retryTimer = window.setTimeout(() => this.#open(), pause * (0.5 + Math.random()));
  }

  #visibilityChanged(): void {
    window.clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "hidden") {
      this.#hiddenTimer = window.setTimeout(() => this.#close(), HIDDEN_GRACE_MS);
    } else if (this.#source === null || this.#source.readyState === EventSource.CLOSED) {
      this.#open();
    }
  }

  #close(): void {
    window.clearTimeout(this.#retryTimer);
    this.#source?.close();
    this.#source = null;
  }
}
