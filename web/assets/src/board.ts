// A board's page: the slider, the views, the zoom, the lossless picture, and the way there, live.
import { announce } from "./announce";
import { wireCompare } from "./compare";
import { showConnection } from "./connection";
import { LiveFeed } from "./live";
import { wireLossless } from "./lossless";
import { decoded } from "./pictures";
import { drawPlaceholders } from "./placeholder";
import { percentOf } from "./stages";
import { text } from "./texts";
import { keepTimes } from "./times";
import { wireViews } from "./views";
import { wireZoom } from "./zoom";

const page = document.getElementById("board");
if (page) start(page);

function wire(page: HTMLElement): void {
  drawPlaceholders(page);
  const renamed = wireCompare(page);
  wireZoom(page, wireViews(page, renamed));
  wireLossless(page);
}

function start(page: HTMLElement): void {
  const { board = "", number = "", events = "", lastEventId = "0-0" } = page.dataset;
  let isStale = false;
  let isGone = false;
  wire(page);

  const renew = async () => {
    if (isGone) return;
    isStale = true;
    if (!(await exchange(page))) return; // asked again when the connection is back
    if (isGone) {
      showGone(page, number); // it was deleted while it was being read
      return;
    }
    isStale = false;
    wire(page);
    if (page.dataset.state === "ready") announce(text("board_ready", { number }));
  };

  keepTimes();
  new LiveFeed(events, lastEventId, {
    board: (event) => {
      // Once it is ready only its list of uploads can grow: no reason to disturb the slider.
      if (event.board_id === board && page.dataset.state !== "ready") void renew();
    },
    progress: (event) => {
      if (event.board_id === board) showProgress(page, event.stage, event.progress);
    },
    gone: (event) => {
      if (event.board_id !== board) return;
      isGone = true;
      showGone(page, number);
    },
    reset: () => {
      if (page.dataset.state !== "ready") void renew();
    },
    connected: (isConnected) => {
      showConnection(isConnected);
      if (isConnected && isStale) void renew();
    },
  });
}

/** The board was deleted: its picture goes from the screen, the ways to the others stay. */
function showGone(page: HTMLElement, number: string): void {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = text("board_gone", { number });
  page.dataset.state = "gone";
  page.replaceChildren(notice);
  announce(notice.textContent);
}

function showProgress(page: HTMLElement, stage: string, progress: number): void {
  const bar = page.querySelector<HTMLProgressElement>("progress[data-bar]");
  const words = page.querySelector("[data-status]");
  if (bar) bar.value = Math.max(bar.position < 0 ? 0 : bar.value, percentOf(stage, progress));
  if (words) words.textContent = text(`stage_${stage}`);
}

/** Read the page anew and take over its content; false when it could not be read. */
async function exchange(page: HTMLElement): Promise<boolean> {
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return false;
    const whole = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = whole.getElementById("board");
    if (!fresh) return false;
    await decoded(fresh);
    page.dataset.state = fresh.dataset.state ?? "";
    page.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    return true;
  } catch {
    return false;
  }
}
