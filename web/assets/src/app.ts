// On every page.
import { wireCopyButtons, wireDialogs } from "./copy";

wireCopyButtons();
wireDialogs();

// A second tap on a slow network must not create a second auditorium.
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// A page that is one button, as behind a link from the bot: with scripts nobody has to press it.
document.querySelector<HTMLFormElement>("form[data-at-once]")?.requestSubmit();

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) {
    delete form.dataset.sent; // back from the next page: it may be sent again
  }
});
