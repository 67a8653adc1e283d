// What lies over the page: menus, forms and a photo shown large. The browser keeps the focus inside.
import { el, sign } from "./dom.js";
import { say } from "./words.js";

const sheet = document.getElementById("sheet");
const zoom = document.getElementById("zoom");
const NARROW_PX = 600; // below it a sheet comes from the bottom, as on a phone
const EDGE_PX = 8;

for (const dialog of [sheet, zoom]) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside what it shows
  });
}
sheet.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const choices = [...sheet.querySelectorAll(".choice")];
  if (!step || !choices.includes(document.activeElement)) return;
  event.preventDefault();
  const at = choices.indexOf(document.activeElement) + step;
  choices[(at + choices.length) % choices.length].focus();
});

export const closeSheet = () => sheet.close();

function open(title, content, anchor) {
  sheet.close();
  sheet.replaceChildren(el("h2", { id: "sheet-title" }, title), ...content);
  sheet.className = anchor ? "beside" : "";
  sheet.style.left = sheet.style.top = "";
  sheet.showModal();
  if (anchor && innerWidth >= NARROW_PX) {
    const at = anchor.getBoundingClientRect();
    const { width, height } = sheet.getBoundingClientRect();
    const top = at.bottom + height + EDGE_PX < innerHeight ? at.bottom : at.top - height;
    sheet.style.left = `${Math.max(EDGE_PX, Math.min(at.left, innerWidth - width - EDGE_PX))}px`;
    sheet.style.top = `${Math.max(EDGE_PX, top)}px`;
  }
}

/** Choices beside what was pressed: {label, run, isDangerous} or an element; null: left out. */
export function openMenu(anchor, title, choices) {
  const made = choices
    .filter((each) => each !== null)
    .map((each) =>
      each instanceof Node
        ? each
        : el(
            "button",
            {
              type: "button",
              class: each.isDangerous ? "choice danger" : "choice",
              onclick: () => {
                sheet.close();
                each.run();
              },
            },
            each.label,
          ),
    );
  open(title, made, anchor);
}

/** A form in the middle; submit(FormData) is called when it closes by its button. */
export function openForm(title, fields, button, submit) {
  const form = el(
    "form",
    {
      method: "dialog",
      onsubmit: (event) => {
        event.preventDefault();
        const filled = new FormData(form);
        sheet.close();
        submit(filled);
      },
    },
    fields,
    el(
      "div",
      { class: "ends" },
      el("button", { type: "button", onclick: () => sheet.close() }, say("cancel")),
      el("button", { class: "main" }, button),
    ),
  );
  open(title, [form], null);
  form.querySelector("input")?.focus();
}

/** A photo on the whole screen; a press on it shows its own pixels. */
export function showLarge(source, alt) {
  const picture = el("img", { src: source, alt });
  const toggle = el(
    "button",
    {
      type: "button",
      class: "large",
      "aria-label": alt,
      onclick: () => zoom.classList.toggle("own-size"),
    },
    picture,
  );
  zoom.className = "";
  zoom.setAttribute("aria-label", alt);
  zoom.replaceChildren(toggle, sign("✕", say("close"), () => zoom.close(), { autofocus: true }));
  zoom.showModal();
}
