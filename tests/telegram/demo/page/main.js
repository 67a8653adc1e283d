// Four phones and Telegram's side: put on the stage, and kept as the server says they are.
import { el } from "./dom.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";
import { World } from "./world.js";
import { choose, language, LANGUAGES, say } from "./words.js";

const stage = document.getElementById("stage");
const tabs = document.getElementById("tabs");
const connection = document.getElementById("connection");
const MOSTLY = 0.6; // so much of a phone is on the screen when its tab is lit

const world = new World();
let phones = [];
let panel = null;

document.documentElement.lang = language;
document.title = say("title");
document.querySelector("#top h1").textContent = say("title");
document.getElementById("language").append(
  el(
    "select",
    { "aria-label": say("language"), onchange: (event) => choose(event.currentTarget.value) },
    Object.entries(LANGUAGES).map(([code, name]) =>
      el("option", { value: code, selected: code === language }, name)),
  ),
);

/** A tab for each part, for screens that are too narrow for all of them. */
function drawTabs(parts) {
  const buttons = new Map(
    parts.map(([root, name]) => [
      root,
      el("button", { type: "button", onclick: () => root.scrollIntoView({ inline: "start" }) }, name),
    ]),
  );
  tabs.setAttribute("aria-label", say("phones"));
  tabs.replaceChildren(...buttons.values());
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        buttons.get(target).setAttribute("aria-current", String(isIntersecting));
      }
    },
    { root: stage, threshold: MOSTLY },
  );
  for (const [root] of parts) watcher.observe(root);
}

world.addEventListener("loaded", () => {
  phones = world.state.people.map(
    (each, at) => new Phone(world, each.user_id, say(at === 0 ? "teacher" : "student")),
  );
  panel = new Panel(world);
  stage.replaceChildren(...phones.map((each) => each.root), panel.root);
  drawTabs([
    ...phones.map((each) => [each.root, each.person.name]),
    [panel.root, "Telegram"],
  ]);
  for (const phone of phones) phone.draw();
  panel.draw();
});

world.addEventListener("state", () => {
  for (const phone of phones) phone.drawFrame();
  panel?.draw();
});

world.addEventListener("sight", ({ detail: sight }) => {
  phones.find((each) => each.userId === sight.user_id)?.see(sight);
});

world.addEventListener("connection", ({ detail: isThere }) => {
  connection.dataset.state = isThere ? "live" : "lost";
  connection.textContent = isThere ? "" : say("reconnecting");
});

world.begin();
world.watch();
