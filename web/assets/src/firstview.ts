// "Show me this first": a member's own default among the views, fixed and taken back here.
import { announce } from "./announce";
import { text } from "./texts";

/**
 * Wire form[data-first-view] within `holder`. Returns what to call when another view is chosen:
 * its name, and whether it may come first. giveBack: called when the focused button goes away.
 */
export function wireFirstView(
  holder: HTMLElement,
  giveBack: () => void,
): (view: string, canBeFirst: boolean) => void {
  const form = holder.querySelector<HTMLFormElement>("form[data-first-view]");
  const fix = form?.querySelector<HTMLButtonElement>("[data-fix]");
  const undo = form?.querySelector<HTMLButtonElement>("button[data-when-own]");
  if (!form || !fix || !undo) return () => undefined;
  let now = { view: "", canBeFirst: false };

  const show = (view: string, canBeFirst: boolean) => {
    now = { view, canBeFirst };
    const own = holder.dataset.own ?? "";
    const isOwn = own === view;
    fix.value = view;
    fix.hidden = isOwn;
    for (const part of form.querySelectorAll<HTMLElement>("[data-when-own]")) part.hidden = !isOwn;
    // What comes first by itself needs no button.
    form.hidden = !canBeFirst || (own === "" && holder.dataset.default === view);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const view = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    void told(form.action, view).then((isTold) => {
      if (!isTold) {
        announce(text("first_failed"));
        return;
      }
      holder.dataset.own = view;
      show(now.view, now.canBeFirst);
      announce(text(view ? "first_fixed" : "first_undone"));
      const next = [undo, fix].find((button) => button.checkVisibility());
      if (next) next.focus();
      else giveBack();
    });
  });
  return show;
}

async function told(address: string, view: string): Promise<boolean> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "X-Requested-With": "fetch" },
      body: new URLSearchParams({ view }),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
