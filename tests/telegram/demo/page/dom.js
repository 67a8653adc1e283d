// Elements by hand: no inline script or style anywhere, so that the page's policy can forbid both.

/** An element. on…: a listener; true: an empty attribute; null and false: left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== false));
  return made;
}

/** A button with a sign, named for those who do not see it. */
export function sign(symbol, name, run, attributes = {}) {
  return el(
    "button",
    { type: "button", class: "sign", "aria-label": name, title: name, onclick: run, ...attributes },
    el("span", { "aria-hidden": "true" }, symbol),
  );
}

const COLOURS = 6; // as many as chat.css has

/** A round picture of a name: its first letter on a colour that stays. */
export function avatar(name, number) {
  const letter = [...name][0] ?? "?";
  const colour = Math.abs(number) % COLOURS;
  return el("span", { class: `avatar colour-${colour}`, "aria-hidden": "true" }, letter);
}

/** The class of somebody's colour. */
export function colourOf(number) {
  return `colour-${Math.abs(number) % COLOURS}`;
}
