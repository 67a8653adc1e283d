// Before and after: a range input moves the edge between two stacked pictures.
import { text } from "./texts";

/** Wire the slider within `root`, if it has one. */
export function wireCompare(root: ParentNode): void {
  const frame = root.querySelector<HTMLElement>("[data-compare]");
  const range = frame?.querySelector<HTMLInputElement>("input[type=range]");
  if (!frame || !range) return;
  const move = () => {
    frame.style.setProperty("--edge", `${range.value}%`);
    range.setAttribute("aria-valuetext", text("compare_value", { percent: 100 - Number(range.value) }));
  };
  range.addEventListener("input", () => {
    frame.dataset.used = "yes"; // the corners' words have been read, and hide writing
    move();
  });
  // Browsers keep a range's value over a reload.
  move();
}
