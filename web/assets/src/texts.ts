// The page's words in the reader's language; the template writes them, scripts hold none.

const holder = document.getElementById("texts");
const texts: Readonly<Record<string, string>> = holder ? JSON.parse(holder.textContent ?? "{}") : {};

/** The text of `key` with {placeholders} filled in; the key itself if the page has no such text. */
export function text(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const found = texts[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
