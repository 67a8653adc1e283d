// Draws a picture's thumbhash while the picture itself is on its way.
import { thumbHashToRGBA } from "thumbhash";

/** Fill each canvas[data-thumbhash] within `root` that has not been drawn yet. */
export function drawPlaceholders(root: ParentNode): void {
  for (const canvas of root.querySelectorAll<HTMLCanvasElement>("canvas[data-thumbhash]")) {
    const hash = canvas.dataset.thumbhash;
    delete canvas.dataset.thumbhash;
    if (hash) draw(canvas, hash);
  }
}

function draw(canvas: HTMLCanvasElement, hash: string): void {
  try {
    const bytes = Uint8Array.from(atob(hash), (character) => character.charCodeAt(0));
    const { w, h, rgba } = thumbHashToRGBA(bytes);
    canvas.width = w;
    canvas.height = h;
    canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(rgba), w, h), 0, 0);
  } catch {
    // A hash that cannot be read leaves the plain slate: it is decoration.
  }
}
