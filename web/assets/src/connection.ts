// The small sign that says whether the page is live.
import { text } from "./texts";

/** Show in #connection whether news arrive by themselves. */
export function showConnection(isConnected: boolean): void {
  const sign = document.getElementById("connection");
  if (!sign) return;
  sign.dataset.state = isConnected ? "live" : "lost";
  const words = sign.querySelector("[data-words]");
  const wanted = text(isConnected ? "live" : "reconnecting");
  // Written only when it changes: it is a live region, and EventSource reports every retry.
  if (words && words.textContent !== wanted) words.textContent = wanted;
}
