// All the ways by which photos enter the page: two buttons, drag and drop, and paste.
import { text } from "./texts";

const PICTURE = /^image\//;
// Browsers give no type for some of the formats that phones make.
const PICTURE_NAME = /\.(heic|heif|avif|tiff?|bmp|jpe?g|png|webp|gif)$/i;

/** Call `take` with the files that the person chose; `isOpen` is asked each time. */
export function openDoors(panel: HTMLElement, isOpen: () => boolean, take: (files: File[]) => void): void {
  for (const input of panel.querySelectorAll<HTMLInputElement>("input[type=file]")) {
    const takeChosen = () => {
      take([...(input.files ?? [])]);
      input.value = ""; // the same photo may be chosen again
    };
    input.addEventListener("change", takeChosen);
    // Chosen while this script was still on its way over a slow network.
    if (input.files?.length) takeChosen();
  }
  acceptDrops(isOpen, take);
  acceptPaste(isOpen, take);
}

function acceptDrops(isOpen: () => boolean, take: (files: File[]) => void): void {
  const overlay = document.getElementById("drop-overlay");
  if (!overlay) return;
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // also when closed: a missed drop must not open the file
    if (isOpen()) overlay.hidden = false;
    else if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) overlay.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    overlay.hidden = true;
    if (isOpen()) take([...(event.dataTransfer?.files ?? [])]);
  });
}

function acceptPaste(isOpen: () => boolean, take: (files: File[]) => void): void {
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter(
      (file) => PICTURE.test(file.type) || PICTURE_NAME.test(file.name),
    );
    if (files.length === 0 || !isOpen()) return;
    event.preventDefault();
    take(files.map(named));
  });
}

// Whatever was copied is called image.png: say where it came from instead.
function named(file: File): File {
  if (file.name !== "image.png") return file;
  return new File([file], `${text("pasted_photo")}.png`, { type: file.type });
}
