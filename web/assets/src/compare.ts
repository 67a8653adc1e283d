// Before and after: a range input moves the edge between two stacked pictures.
import { text } from "./texts";

/** Wire the slider within `root`, if it has one. Returns what to call when the view is another. */
export function wireCompare(root: ParentNode): () => void {
  const frame = root.querySelector<HTMLElement>("[data-compare]");
  const range = frame?.querySelector<HTMLInputElement>("input[type=range]");
  if (!frame || !range) return () => undefined;
  const name = frame.querySelector("[data-name]");
  const move = () => {
    const values = { view: name?.textContent ?? "", percent: 100 - Number(range.value) };
    frame.style.setProperty("--split", `${range.value}%`);
    range.setAttribute("aria-valuetext", text("compare_value", values));
  };
  range.addEventListener("input", () => {
    frame.dataset.used = "yes"; // the corners' words have been read, and hide writing
    move();
  });
  // Browsers keep a range's value over a reload.
  move();
  return move;
}
