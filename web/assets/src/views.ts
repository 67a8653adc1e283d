// The switch between the views of a board: links in the page, radio buttons with this script.
import { announce } from "./announce";
import { wireFirstView } from "./firstview";
import { text } from "./texts";

export interface View {
  readonly name: string;
  readonly full: string; // address of its largest picture
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

export interface Switch {
  readonly views: readonly View[];
  /** Position of the view that is chosen. */
  chosen(): number;
  choose(position: number): void;
}

/** Wire [data-views] within `root`; shown: called when another view is on the screen. */
export function wireViews(root: HTMLElement, shown: () => void): Switch | null {
  const holder = root.querySelector<HTMLElement>("[data-views]");
  const frame = root.querySelector<HTMLElement>("[data-compare]");
  const picture = frame?.querySelector<HTMLImageElement>("img.after");
  const group = holder?.querySelector<HTMLElement>("[data-segments]");
  if (!holder || !frame || !picture || !group) return null;
  const links = [...group.querySelectorAll<HTMLAnchorElement>("a[data-view]")];
  const showFirst = wireFirstView(holder, () => links[at]?.focus());
  let at = Math.max(0, links.findIndex((link) => link.getAttribute("aria-current") === "true"));
  let onScreen = at;

  const mark = () => {
    links.forEach((link, position) => {
      link.removeAttribute("aria-current");
      link.setAttribute("aria-checked", String(position === at));
      link.tabIndex = position === at ? 0 : -1;
      const hint = holder.querySelector<HTMLElement>(`[data-hint="${link.dataset.view}"]`);
      if (hint) hint.hidden = position !== at;
    });
    const link = links[at];
    if (link) showFirst(link.dataset.view ?? "", link.dataset.canBeFirst !== undefined);
  };

  const choose = async (position: number) => {
    const link = links[position];
    if (!link || position === at) return;
    at = position;
    mark();
    frame.setAttribute("aria-busy", "true");
    const isLoaded = await loaded(link, picture.sizes);
    if (at !== position) return; // another one was chosen meanwhile
    frame.removeAttribute("aria-busy");
    if (!isLoaded) {
      at = onScreen;
      mark();
      announce(text("zoom_error"));
      return;
    }
    onScreen = position;
    put(link, frame, picture);
    // The way back leads to the gallery and not through every view that was looked at.
    history.replaceState(history.state, "", link.href);
    // Nor does the language switch lead back to the view that was there before.
    const here = document.querySelector<HTMLInputElement>("input[data-here]");
    if (here) here.value = location.pathname + location.search;
    shown();
    record(holder.dataset.opened ?? "", link.dataset.view ?? "");
  };

  group.setAttribute("role", "radiogroup");
  for (const [position, link] of links.entries()) {
    link.setAttribute("role", "radio");
    link.setAttribute("aria-describedby", `hint-${link.dataset.view}`);
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      link.focus();
      void choose(position);
    });
    link.addEventListener("keydown", (event) => {
      const next = moved(event.key, position, links.length);
      if (next === null || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      links[next]?.focus();
      void choose(next);
    });
  }
  mark();
  return {
    views: links.map(viewOf),
    chosen: () => at,
    choose: (position) => void choose(position),
  };
}

/** Where a key leads from `position` among `count` radio buttons; null: it is not theirs. */
function moved(key: string, position: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return (position + 1) % count;
    case "ArrowLeft":
    case "ArrowUp":
      return (position + count - 1) % count;
    case " ":
      return position;
    default:
      return null;
  }
}

function viewOf(link: HTMLAnchorElement): View {
  return {
    name: link.textContent?.trim() ?? "",
    full: link.dataset.full ?? "",
    width: Number(link.dataset.width),
    height: Number(link.dataset.height),
    alt: link.dataset.alt ?? "",
  };
}

/** Resolves when the view's picture can be painted at once; false: it could not be loaded. */
async function loaded(link: HTMLAnchorElement, sizes: string): Promise<boolean> {
  const ahead = new Image();
  ahead.sizes = sizes;
  ahead.srcset = link.dataset.srcset ?? "";
  ahead.src = link.dataset.src ?? "";
  try {
    await ahead.decode();
    return true;
  } catch {
    return false;
  }
}

function put(link: HTMLAnchorElement, frame: HTMLElement, picture: HTMLImageElement): void {
  const view = viewOf(link);
  const shape = frame.querySelector<HTMLCanvasElement>("canvas.shape");
  const name = frame.querySelector("[data-name]");
  picture.srcset = link.dataset.srcset ?? "";
  picture.src = link.dataset.src ?? "";
  picture.width = view.width;
  picture.height = view.height;
  picture.alt = view.alt;
  if (shape) {
    // As the template: twice, so that a small photo fills the column too.
    shape.width = view.width * 2;
    shape.height = view.height * 2;
  }
  if (name) name.textContent = view.name;
  const hasPhoto = frame.querySelector("img.before") !== null;
  frame.dataset.mode = hasPhoto && link.dataset.compares !== undefined ? "two" : "one";
  const zoom = document.querySelector<HTMLAnchorElement>("a[data-zoom]");
  if (zoom) zoom.href = view.full;
}

/** Tell that this view was looked at; nobody waits for it and nothing hangs on it. */
function record(address: string, view: string): void {
  fetch(address, {
    method: "POST",
    headers: { "X-Requested-With": "fetch" },
    body: new URLSearchParams({ view }),
    keepalive: true,
  }).catch(() => undefined);
}
