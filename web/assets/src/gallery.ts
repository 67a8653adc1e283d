// The gallery page.
import "htmx.org";
import { announce } from "./announce";
import { Cards } from "./cards";
import { showConnection } from "./connection";
import { openDoors } from "./doors";
import { LiveFeed } from "./live";
import { SendQueue } from "./queue";
import { text } from "./texts";
import { keepTimes } from "./times";

const page = document.getElementById("gallery");
const grid = document.getElementById("boards");
const panel = document.getElementById("send");
if (page && grid && panel) start(page, grid, panel);

function start(page: HTMLElement, grid: HTMLElement, panel: HTMLElement): void {
  const { events = "", boards = "", lastEventId = "0-0" } = page.dataset;
  const cards = new Cards(grid, boards);
  const queue = new SendQueue(panel, (accepted) => {
    // Shown at once, also where the live feed is down.
    void cards.refresh(accepted.boardId, accepted.boardNumber);
  });
  openDoors(panel, () => page.dataset.state === "open", (files) => queue.add(files));
  // htmx puts further pages into the grid.
  document.addEventListener("htmx:after:swap", () => cards.adopt());

  keepTimes();
  new LiveFeed(events, lastEventId, {
    board: (event) => cards.boardChanged(event),
    progress: (event) => cards.progressed(event),
    gone: (event) => cards.boardGone(event),
    auditorium: ({ state }) => {
      if (!state || state === page.dataset.state) return;
      page.dataset.state = state;
      for (const part of page.querySelectorAll<HTMLElement>("[data-when]")) {
        part.hidden = part.dataset.when !== state;
      }
      announce(text(`auditorium_${state}`));
    },
    reset: () => void cards.reload(),
    connected: (isConnected) => {
      showConnection(isConnected);
      if (isConnected) cards.catchUp();
    },
  });
}
