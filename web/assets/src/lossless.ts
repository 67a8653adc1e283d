// The lossless picture is made on demand: ask, wait, and download it when it is there.
import { announce } from "./announce";
import { text } from "./texts";

const FIRST_PAUSE_MS = 700;
const LONGEST_PAUSE_MS = 4000;
const PATIENCE_MS = 180_000; // the worker's own deadline is 120 s

/** Wire form[data-lossless] within `root`. */
export function wireLossless(root: ParentNode): void {
  const form = root.querySelector<HTMLFormElement>("form[data-lossless]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    void make(form);
  });
}

async function make(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  const words = form.querySelector<HTMLElement>("[data-words]");
  if (!button || !words || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  words.textContent = text("lossless_making");
  const url = await wanted(form.action);
  button.removeAttribute("aria-busy");
  words.textContent = text(url ? "lossless_ready" : "lossless_failed");
  announce(words.textContent);
  if (url) window.location.assign(url); // an attachment: the page stays
}

async function wanted(address: string): Promise<string | null> {
  const until = Date.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; Date.now() < until; pause = Math.min(LONGEST_PAUSE_MS, pause * 1.5)) {
    const answer = await ask(address);
    if (answer === null) return null;
    if (answer.ready) return answer.url;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return null;
}

async function ask(address: string): Promise<{ ready: boolean; url: string } | null> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "X-Requested-With": "fetch" },
    });
    return answer.ok ? ((await answer.json()) as { ready: boolean; url: string }) : null;
  } catch {
    return null;
  }
}
