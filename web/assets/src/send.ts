// Sends one photo and says how it went. XMLHttpRequest, because fetch tells no upload progress.
import { text } from "./texts";

export interface Accepted {
  readonly kind: "accepted";
  readonly boardId: string;
  readonly boardNumber: number;
  readonly boardUrl: string;
  readonly isDuplicate: boolean;
}

export interface Refused {
  readonly kind: "refused";
  readonly reason: string;
  /** Whether sending the same file again may help. */
  readonly mayRetry: boolean;
}

export type Outcome = Accepted | Refused;

// 20 MB at 0.6 Mbit/s, the worst that a full lecture hall's network gave us to expect.
const LONGEST_SEND_MS = 270_000;

/** Send `file`; onProgress: 0 to 1 of the bytes. Never rejects. */
export function send(file: File, address: string, onProgress: (part: number) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-Requested-With", "fetch");
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    request.timeout = LONGEST_SEND_MS;
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve(outcomeOf(request)));
    const lost = () => resolve(refused(text("send_lost"), true));
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

function refused(reason: string, mayRetry: boolean): Refused {
  return { kind: "refused", reason, mayRetry };
}

function outcomeOf(request: XMLHttpRequest): Outcome {
  const body = parsed(request.responseText);
  if (request.status < 200 || request.status > 299) {
    const title = typeof body.title === "string" ? body.title : text("send_failed");
    return refused(title, request.status >= 500 || request.status === 429);
  }
  return {
    kind: "accepted",
    boardId: String(body.board_id),
    boardNumber: Number(body.board_number),
    boardUrl: String(body.board_url),
    isDuplicate: body.verdict === "duplicate",
  };
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a proxy's own error page
  }
}
