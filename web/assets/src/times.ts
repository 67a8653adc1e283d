// Keeps "5 minutes ago" true on a page that stays open for a whole lecture.
import { text } from "./texts";

const EVERY_MS = 20_000;
const JUST_NOW_S = 45; // as the server says it (core/texts.py)
// A unit is used from 85 % of it on, as Babel does on the server.
const ALMOST = 0.85;
const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** Rewrite every time[datetime] of the page now and then. */
export function keepTimes(): void {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  setInterval(() => {
    for (const element of document.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
      const words = ago(format, (Date.now() - Date.parse(element.dateTime)) / 1000);
      if (element.textContent !== words) element.textContent = words;
    }
  }, EVERY_MS);
}

function ago(format: Intl.RelativeTimeFormat, seconds: number): string {
  // Also for a clock that runs behind the server's.
  if (seconds < JUST_NOW_S) return text("just_now");
  const [unit, length] = UNITS.find(([, length]) => seconds >= ALMOST * length) ?? ["second", 1];
  return format.format(-Math.round(seconds / length), unit);
}
