// One polite voice for screen readers: what changed without the reader having done it.

const region = document.getElementById("announcements");

/** Say `message` when the reader pauses; a repeated message is said again. */
export function announce(message: string): void {
  if (!region) return;
  const line = document.createElement("p");
  line.textContent = message;
  region.replaceChildren(line);
}
