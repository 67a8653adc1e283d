// Buttons that copy a text, and the dialog with the large QR code.
import { announce } from "./announce";

const SHOWN_MS = 2000;

/** Wire every button[data-copy] of the page. */
export function wireCopyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.addEventListener("click", () => void copy(button));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const { copy: value = "", done = "" } = button.dataset;
  if (!(await written(value))) return;
  const label = button.querySelector("[data-label]") ?? button;
  const before = button.dataset.label ?? label.textContent ?? "";
  button.dataset.label = before;
  label.textContent = done;
  announce(done);
  setTimeout(() => {
    label.textContent = before;
  }, SHOWN_MS);
}

async function written(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return writtenBySelection(value); // plain http on a local network has no clipboard interface
  }
}

function writtenBySelection(value: string): boolean {
  const field = document.createElement("textarea");
  field.value = value;
  field.className = "visually-hidden";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}

/** Wire buttons[data-opens=id] to their <dialog>; a click beside its content closes it. */
export function wireDialogs(): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-opens]")) {
    const dialog = document.getElementById(button.dataset.opens ?? "");
    if (!(dialog instanceof HTMLDialogElement)) continue;
    button.addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}
